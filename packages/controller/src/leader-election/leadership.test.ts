import { FakeClock } from '@kubewright/core/testing';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { controllerErrors } from '../errors/controller-errors.js';
import { fencedTransport } from '../write-fence/fenced-transport.js';
import { Leadership } from './leadership.js';

/** Stands still for timers while a process is stopped: only the time itself goes on. */
class StoppableClock extends FakeClock {
  #stopped = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stopped;
  }

  stopFor(milliseconds: number): void {
    this.#stopped += milliseconds;
  }
}

const post: ApiRequest = { method: 'POST', path: '/api/v1/namespaces/default/configmaps' };
const get: ApiRequest = { method: 'GET', path: '/api/v1/namespaces/default/configmaps' };
const notLeading = { code: controllerErrors.NOT_LEADING.code };

/** A leadership, and a transport behind its fence whose writes are answered when the test says so. */
function start() {
  const clock = new StoppableClock();
  const leadership = new Leadership(clock);
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const inner: Transport = {
    send({ method }, signal) {
      sent.push(method);
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Transport['send']>>>();
      signal?.addEventListener('abort', () => reject(new Error('cut')), { once: true });
      answers.push(() => resolve({ status: 200, headers: {}, body: (async function* () {})() }));
      if (method === 'GET') answers.at(-1)?.();
      return promise;
    },
    close: () => Promise.resolve(),
  };
  return { clock, leadership, sent, answers, transport: fencedTransport(inner, leadership) };
}

describe('Leadership', () => {
  it('lets no write through before the lease is held, and reads always', async () => {
    const { transport, sent } = start();
    await expect(transport.send(post)).rejects.toMatchObject(notLeading);
    await transport.send(get);
    expect(sent).toEqual(['GET']);
  });

  it('lets writes through for ten seconds from the request that renewed the lease, not from its answer', async () => {
    const { clock, leadership, transport, sent, answers } = start();
    const asked = clock.monotonic();
    await clock.advance(4_000);
    leadership.renewed(asked);
    await clock.advance(5_999);
    const write = transport.send(post);
    answers.at(-1)?.();
    await write;
    await clock.advance(1);
    await expect(transport.send(post)).rejects.toMatchObject(notLeading);
    expect(sent).toEqual(['POST']);
    leadership.renewed(clock.monotonic());
    const again = transport.send(post);
    answers.at(-1)?.();
    expect((await again).status).toBe(200);
  });

  it('lets a process that was stopped write nothing when it goes on, before any timer has run', async () => {
    const { clock, leadership, transport, sent } = start();
    leadership.renewed(clock.monotonic());
    clock.stopFor(24_000);
    await expect(transport.send(post)).rejects.toMatchObject(notLeading);
    expect(sent).toEqual([]);
  });

  it('gives up a write that is under way when the lease may have another holder', async () => {
    const { clock, leadership, transport } = start();
    leadership.renewed(clock.monotonic());
    await clock.advance(9_000);
    const write = transport.send(post).catch((error: unknown) => error);
    await clock.advance(5_999);
    expect(await Promise.race([write, Promise.resolve('waits')])).toBe('waits');
    await clock.advance(1);
    expect(await write).toMatchObject(notLeading);
  });

  it('does not give up a write while the lease is renewed', async () => {
    const { clock, leadership, transport, answers } = start();
    leadership.renewed(clock.monotonic());
    const write = transport.send(post);
    for (let renewal = 0; renewal < 10; renewal++) {
      await clock.advance(2_000);
      leadership.renewed(clock.monotonic());
    }
    answers[0]?.();
    expect((await write).status).toBe(200);
  });

  it('tells at its end whether a write may still come', async () => {
    const idle = start();
    idle.leadership.renewed(0);
    expect(idle.leadership.close()).toBe(true);
    await expect(idle.transport.send(post)).rejects.toMatchObject(notLeading);
    expect(idle.clock.timers).toBe(0);
    const busy = start();
    busy.leadership.renewed(0);
    const write = busy.transport.send(post).catch((error: unknown) => error);
    expect(busy.leadership.close()).toBe(false);
    expect(await write).toMatchObject(notLeading);
  });
});
