/** A controller on a scripted cluster: its reconcile is a function of the test, its clock stands until the test moves it. */
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import { MetricsRegistry, noTracer } from '@kubewright/core';
import type { LogFields, Logger } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client, InformerFactory } from '@kubewright/informer';
import { Controller } from '../decorators/controller.js';
import type { ControllerOptions } from '../decorators/controller.js';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { ControllerRunner } from '../runner/controller-runner.js';
import type { ScriptedCluster } from './scripted-cluster.js';

/** One line of the log, with the fields of its loggers. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what was logged. */
export class RecordingLogger implements Logger {
  constructor(
    readonly lines: LogLine[] = [],
    private readonly bound: LogFields = {},
  ) {}
  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');
  child(fields: LogFields): RecordingLogger {
    return new RecordingLogger(this.lines, { ...this.bound, ...fields });
  }
  #at(level: LogLine['level']) {
    return (message: string, fields: LogFields = {}): void =>
      void this.lines.push({ level, message, fields: { ...this.bound, ...fields } });
  }
}

export type Reconcile<T extends KubeObject> = (object: DeepReadonly<T>, ctx: ReconcileContext<T>) => unknown;

/** A reconciler class whose `reconcile` is a function; for more, write a class in the test. */
export function reconcilerOf<T extends KubeObject>(
  options: Omit<ControllerOptions, 'for' | 'name'> & { readonly for: Kind<T> },
  reconcile: Reconcile<T>,
): new () => Reconciler<T> {
  @Controller({ name: 'tested', ...options })
  class Tested extends Reconciler<T> {
    override async reconcile(object: DeepReadonly<T>, ctx: ReconcileContext<T>): Promise<void> {
      return (await reconcile(object, ctx)) as undefined;
    }
  }
  return Tested;
}

/**
 * Starts a controller and lets everything happen that needs no time.
 *
 * @param reconciler - or what makes one that needs the informers.
 */
export async function startController<T extends KubeObject>(
  server: ScriptedCluster,
  reconciler: Reconciler<T> | ((informers: InformerFactory) => Reconciler<T>),
) {
  const clock = new FakeClock();
  const random = new SeededRandom();
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry();
  const client = new Client({ transport: server, clock, fieldManager: 'tested', namespace: 'default' });
  const informers = new InformerFactory({ client, clock, random, freeze: true });
  const cluster = {
    name: 'scripted',
    namespace: 'default',
    transport: server,
    informers,
    client: () => client,
  };
  const services = { clock, random, logger, metrics, tracer: noTracer, gate: undefined };
  const runner = new ControllerRunner(
    typeof reconciler === 'function' ? reconciler(informers) : reconciler,
    cluster,
    services,
  );
  const started = runner.start();
  await clock.advance(0);
  await started;
  await quiet(clock);
  return {
    runner,
    clock,
    client,
    metrics,
    lines: logger.lines,
    /** What was logged as an error, by its code or reason. */
    get errors(): string[] {
      return logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => nameOf(fields['error']));
    },
    /** Lets everything happen that needs no time, or as much time. */
    settle: async (milliseconds = 0) => {
      await quiet(clock);
      await clock.advance(milliseconds);
      await quiet(clock);
    },
    [Symbol.asyncDispose]: () => runner.stop(),
  };
}

/** From a request over its answer and the watch to the run it brings: each takes turns of the event loop. */
async function quiet(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await clock.advance(0);
}

function nameOf(error: unknown): string {
  const { code, reason, message }: { code?: unknown; reason?: unknown; message?: unknown } = Object(error);
  return String(reason ?? code ?? message);
}
