/**
 * A copy of a program that leads or waits to: `stubborn-leader SERVER IDENTITY`. Its reconcile writes one object after the other
 * and ignores its signal; each line it prints says what came of a write. It lives five times as fast, so that a Lease of
 * fifteen seconds lasts three.
 */
import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Controller, controllerHost, Reconciler, connectTo, leaderElection } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Clock, Host, SystemClock, inject, provide, runUntilSignal } from '@kubewright/core';
import type { Timer, TimerOptions } from '@kubewright/core';
import { HttpTransport } from '@kubewright/informer';

const [server = '', identity = ''] = process.argv.slice(2);
const speed = 5;

class FastClock implements Clock {
  readonly #clock = new SystemClock();

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic() * speed;
  }

  setTimer(milliseconds: number, callback: () => void, options?: TimerOptions): Timer {
    return this.#clock.setTimer(milliseconds / speed, callback, options);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(milliseconds / speed, signal);
  }
}

@Controller({ for: ConfigMap, scope: { fieldSelector: 'metadata.name=work' } })
class StubbornController extends Reconciler<ConfigMap> {
  constructor(@inject(Clock) private readonly clock: Clock) {
    super();
  }

  override async reconcile({ metadata }: DeepReadonly<ConfigMap>, ctx: ReconcileContext<ConfigMap>): Promise<void> {
    const { namespace = '' } = metadata;
    for (let count = 0; ; count++) {
      const written = { metadata: { name: `${identity}-${count}`, namespace, labels: { writer: identity } } };
      const outcome = await ctx.client.create(ConfigMap, written).then(
        () => 'wrote',
        (error: unknown) => `refused: ${String(error)}`,
      );
      process.stdout.write(`${outcome}\n`);
      await this.clock.sleep(100);
    }
  }
}

const connection = {
  name: 'test',
  open: () => Promise.resolve({ transport: new HttpTransport({ server }), namespace: 'default' }),
};

await runUntilSignal(
  new Host({ name: identity })
    .use({ name: 'clock', provides: [provide(Clock, { value: new FastClock() })] })
    .use(connectTo(connection))
    .use(leaderElection({ name: 'program', identity }))
    .use(controllerHost)
    .use(StubbornController),
);
