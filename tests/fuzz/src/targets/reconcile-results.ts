import assert from 'node:assert/strict';
import { Pod } from '@kubewright/api/core/v1';
import { Controller, controllerHost, Reconciler, connectTo } from '@kubewright/controller';
import { Clock, Host, Logger } from '@kubewright/core';
import type { LogFields, Random } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { ScriptedApiServer } from '@kubewright/informer/testing';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';

const codes = ['KW_CONTROLLER_RECONCILE_RESULT', 'KW_CONTROLLER_THROWN'];

/**
 * Whatever a reconcile returns or throws: a time to come is kept, nothing and times that are over ask for nothing, and all
 * else is told in the log and tried again with backoff.
 */
export const reconcileResultsTarget: FuzzTarget = {
  name: 'reconcile-results',
  async open() {
    const run = new ResultsRun();
    await run.start();
    return run;
  },
};

@Controller({ for: Pod, name: 'fuzzed' })
class Fuzzed extends Reconciler<Pod> {
  static answer: () => unknown = () => undefined;
  static runs = 0;

  override async reconcile(): Promise<void> {
    Fuzzed.runs++;
    return Fuzzed.answer() as undefined;
  }
}

class ResultsRun implements FuzzRun {
  readonly #server = new ScriptedApiServer(Pod);
  readonly #clock = new FakeClock();
  readonly #errors: unknown[] = [];
  readonly #host: Host;

  constructor() {
    const transport = this.#server;
    const quiet = (): void => undefined;
    const error = (_message: string, fields?: LogFields): void => void this.#errors.push(fields?.['error']);
    const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error, child: () => logger };
    this.#host = new Host({ name: 'fuzz' })
      .override(Clock, this.#clock)
      .override(Logger, logger)
      .use([connectTo({ name: 'fuzz', open: () => Promise.resolve({ transport, namespace: 'default' }) })])
      .use([controllerHost, Fuzzed]);
  }

  async start(): Promise<void> {
    const started = this.#host.start();
    await this.#clock.advance(0);
    await started;
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const value = result(choices);
    const name = `pod-${choices.below(5)}`;
    this.#errors.length = 0;
    Fuzzed.runs = 0;
    let answered = false;
    Fuzzed.answer = () => {
      if (answered) return undefined;
      answered = true;
      if (choices.chance(0.1)) throw Object.assign(new Error('thrown'), { code: 'KW_CONTROLLER_THROWN' });
      return value;
    };
    this.#server.set(name);
    for (let turn = 0; turn < 4; turn++) await this.#clock.advance(0);
    const wait = this.#clock.untilNext;
    const [error] = this.#errors;
    if (error !== undefined) {
      assert.ok(codes.includes((error as { code?: string }).code ?? ''), (error as Error).message);
      await this.#clock.advance(5);
      assert.equal(Fuzzed.runs, 2, 'a failure is tried again after 5 ms');
      return 'handled';
    }
    const after = (value as { requeueAfter: number } | undefined)?.requeueAfter ?? 0;
    assert.ok(Number.isFinite(after));
    assert.equal(Fuzzed.runs, 1);
    if (after <= 0 || wait === undefined || after > 3_600_000) return 'handled';
    await this.#clock.advance(after);
    assert.equal(Fuzzed.runs, 2, 'the time is kept');
    return 'handled';
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.stop();
  }
}

function result(choices: Choices): unknown {
  const number = choices.of([0, -1, 1, 0.5, 1_000, 3_600_000, 2 ** 31, 1e300, Infinity, -Infinity, Number.NaN]);
  switch (choices.below(6)) {
    case 0:
      return undefined;
    case 1:
    case 2:
      return { requeueAfter: number };
    case 3:
      return { requeueAfter: choices.json(1) };
    case 4:
      return { requeueAfter: number, requeue: true };
    default:
      return choices.json();
  }
}
