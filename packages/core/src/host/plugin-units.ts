import type { Container } from 'inversify';
import { coreErrors } from '../errors/core-errors.js';
import { KubewrightError } from '../errors/define-errors.js';
import { messageOf } from '../errors/message-of.js';
import type { Lifecycle, StartContext, StopContext } from '../plugin/lifecycle.js';
import type { Progress } from '../registry/plugin-report.js';
import type { Registration } from '../registry/registration.js';
import type { Unit } from './lifecycle-runner.js';

const untouched: Progress = { state: 'registered' };

/** The plugins of a host once they are built: their hooks for the runner, and how each of them fares. */
export class PluginUnits {
  readonly #names = new Map<object, string>();
  readonly #progress = new Map<string, Progress>();

  /** Builds a plugin's instance and finds its hooks. */
  build(container: Container, registration: Registration): Unit {
    const { name, startTimeout } = registration.data;
    const hooks = hooksOf(container, registration);
    this.#names.set(hooks, name);
    const start = async (context: StartContext): Promise<void> => {
      await hooks.start?.(context);
      this.#progress.set(name, { state: 'started' });
    };
    const stop = async (context: StopContext): Promise<void> => await hooks.stop?.(context);
    return {
      name,
      hooks: hooks.stop ? { start, stop } : { start },
      ...(startTimeout !== undefined && { startTimeout }),
    };
  }

  /** The name of the plugin that is this instance. */
  nameOf(instance: object): string | undefined {
    return this.#names.get(instance);
  }

  /** What stops the host names the plugin that it is about. */
  noteFailure(error: unknown): void {
    const plugin = KubewrightError.is(error) ? error.details['plugin'] : undefined;
    if (typeof plugin === 'string') this.#progress.set(plugin, { state: 'failed', reason: messageOf(error) });
  }

  progressOf(name: string, hasStopped: boolean): Progress {
    const progress = this.#progress.get(name) ?? untouched;
    return hasStopped && progress.state === 'started' ? { state: 'stopped' } : progress;
  }
}

function hooksOf(container: Container, { data, class: pluginClass, hooks, key }: Registration): Lifecycle {
  if (!pluginClass) return hooks ?? {};
  try {
    return container.get<Lifecycle>(key);
  } catch (error) {
    throw coreErrors.CONSTRUCTION_FAILED({ plugin: data.name, reason: messageOf(error) }, { cause: error });
  }
}
