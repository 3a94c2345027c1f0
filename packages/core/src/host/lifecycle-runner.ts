import type { Clock, Timer } from '../clock/clock.js';
import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';
import type { Logger } from '../logger/logger.js';
import type { Lifecycle } from '../plugin/lifecycle.js';
import { until } from '../async/until.js';

/** One plugin's hooks, ready to be called. */
export interface Unit {
  readonly name: string;
  readonly hooks: Lifecycle;
  /** In milliseconds. */
  readonly startTimeout?: number;
}

export interface RunnerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds from the moment a stop begins until nothing is waited for any more. */
  readonly gracePeriod: number;
  /** Called when a running plugin says that it cannot go on. */
  readonly onFail: (error: Error) => void;
}

export interface StopResult {
  readonly failed: ReadonlyMap<string, unknown>;
  /** Plugins that were still stopping, or not yet asked, when the grace period was over. */
  readonly overdue: readonly string[];
}

interface Running {
  readonly unit: Unit;
  readonly controller: AbortController;
}

/**
 * Starts waves of plugins in order and stops them in reverse. A single signal, `stopping`, drives the way down: whatever
 * wants the host to end (a caller, a failing start, a failing plugin) calls `begin`, and the first one's reason stays.
 */
export class LifecycleRunner {
  readonly #options: RunnerOptions;
  readonly #waves: readonly (readonly Unit[])[];
  readonly #stopping = new AbortController();
  readonly #deadline = new AbortController();
  /** Plugins whose start resolved, by wave. */
  readonly #started: Running[][] = [];
  #grace: Timer | undefined;

  constructor(waves: readonly (readonly Unit[])[], options: RunnerOptions) {
    this.#waves = waves;
    this.#options = options;
  }

  /** Aborts as soon as the way down begins. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborts when the grace period is over. */
  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Resolves when every plugin has started; rejects with the reason of `begin`, once no start is under way. The caller then calls `stop`. */
  async start(): Promise<void> {
    for (const wave of this.#waves) {
      this.stopping.throwIfAborted();
      const started: Running[] = [];
      this.#started.push(started);
      await Promise.all(wave.map((unit) => this.#start(unit, started)));
    }
    this.stopping.throwIfAborted();
  }

  /** Begins the way down: starts under way are given up and the grace period runs. Only the first call counts. */
  begin(reason: Error): void {
    if (this.stopping.aborted) return;
    this.#grace = this.#options.clock.setTimer(this.#options.gracePeriod, () => this.expire());
    this.#stopping.abort(reason);
  }

  /** Ends the grace period at once. */
  expire(): void {
    this.#deadline.abort(this.stopping.reason);
  }

  /** Stops what has started, the last wave first, each wave together. Never rejects. `begin` has been called, and `start` has settled. */
  async stop(): Promise<StopResult> {
    const failed = new Map<string, unknown>();
    const overdue: string[] = [];
    const result = { failed, overdue };
    for (const wave of this.#started.toReversed()) {
      await Promise.all(wave.toReversed().map((running) => this.#stop(running, result)));
    }
    this.#grace?.cancel();
    return result;
  }

  async #start(unit: Unit, started: Running[]): Promise<void> {
    const { clock, logger, onFail } = this.#options;
    const controller = new AbortController();
    const giveUp = (): void => controller.abort(this.stopping.reason);
    this.stopping.addEventListener('abort', giveUp, { once: true });
    const fail = (error: unknown): void => {
      if (!controller.signal.aborted)
        onFail(coreErrors.PLUGIN_FAILED({ plugin: unit.name, reason: messageOf(error) }, { cause: error }));
    };
    const { startTimeout: milliseconds } = unit;
    const timer =
      milliseconds === undefined
        ? undefined
        : clock.setTimer(milliseconds, () => this.begin(coreErrors.START_TIMEOUT({ plugin: unit.name, milliseconds })));
    try {
      await until(async () => await unit.hooks.start?.({ signal: controller.signal, fail }), this.deadline);
      started.push({ unit, controller });
    } catch (error) {
      // After an abort a rejection is the expected answer; before it, it is the reason for one.
      if (this.stopping.aborted) logger.debug('start given up', { plugin: unit.name, error });
      else this.begin(coreErrors.START_FAILED({ plugin: unit.name, reason: messageOf(error) }, { cause: error }));
      controller.abort(error);
    } finally {
      timer?.cancel();
      this.stopping.removeEventListener('abort', giveUp);
    }
  }

  async #stop(
    { unit, controller }: Running,
    result: { failed: Map<string, unknown>; overdue: string[] },
  ): Promise<void> {
    controller.abort(this.stopping.reason);
    if (!unit.hooks.stop) return;
    let settled = false;
    const stopped = async (): Promise<void> => {
      try {
        await unit.hooks.stop?.({ signal: this.deadline });
      } catch (error) {
        result.failed.set(unit.name, error);
      } finally {
        settled = true;
      }
    };
    await until(stopped, this.deadline).catch(() => undefined);
    if (!settled) result.overdue.push(unit.name);
  }
}
