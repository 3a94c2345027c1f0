import { FakeClock } from '@kubewright/core/testing';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { controllerErrors } from '../errors/controller-errors.js';
import { fencedTransport } from '../write-fence/fenced-transport.js';
import { Leadership } from './leadership.js';
import { defaultLeaseTimes } from './lease-times.js';

/** Stands still for timers while a process is stopped: only the time itself goes on; while the machine sleeps, that of day alone. */
class StoppableClock extends FakeClock {
  #stopped = 0;
  #slept = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stopped;
  }

  override now(): number {
    return super.now() + this.#stopped + this.#slept;
  }

  stopFor(milliseconds: number): void {
    this.#stopped += milliseconds;
  }

  sleepFor(milliseconds: number): void {
    this.#slept += milliseconds;
  }
}

const post: ApiRequest = { method: 'POST', path: '/api/v1/namespaces/default/configmaps' };
const get: ApiRequest = { method: 'GET', path: '/api/v1/namespaces/default/configmaps' };
const notLeading = { code: controllerErrors.NOT_LEADING.code };

/** A leadership, and a transport behind its fence whose writes are answered when the test says so. */
function start() {
  const clock = new StoppableClock();
  const leadership = new Leadership(defaultLeaseTimes, clock);
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  let connecting = Promise.resolve();
  const inner: Transport = {
    async send({ method, beforeSending }, signal) {
      await connecting;
      beforeSending?.();
      sent.push(method);
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Transport['send']>>>();
      signal?.addEventListener('abort', () => reject(new Error('cut')), { once: true });
      answers.push(() => resolve({ status: 200, headers: {}, body: (async function* () {})() }));
      if (method === 'GET') answers.at(-1)?.();
      return promise;
    },
    close: () => Promise.resolve(),
  };
  /** Requests wait for a connection until the answer is called. */
  const holdConnections = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    connecting = promise;
    return resolve;
  };
  return { clock, leadership, sent, answers, holdConnections, transport: fencedTransport(inner, leadership) };
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
    const asked = leadership.moment;
    await clock.advance(4_000);
    leadership.renewed(asked);
    await clock.advance(5_999);
    const write = transport.send(post);
    await clock.advance(0);
    answers.at(-1)?.();
    await write;
    await clock.advance(1);
    await expect(transport.send(post)).rejects.toMatchObject(notLeading);
    expect(sent).toEqual(['POST']);
    leadership.renewed(leadership.moment);
    const again = transport.send(post);
    await clock.advance(0);
    answers.at(-1)?.();
    expect((await again).status).toBe(200);
  });

  it('lets a process that was stopped write nothing when it goes on, before any timer has run', async () => {
    const { clock, leadership, transport, sent } = start();
    leadership.renewed(leadership.moment);
    clock.stopFor(24_000);
    await expect(transport.send(post)).rejects.toMatchObject(notLeading);
    expect(sent).toEqual([]);
  });

  it.each(['stopFor', 'sleepFor'] as const)(
    'sends nothing that waited for a connection meanwhile (%s)',
    async (stand) => {
      const { clock, leadership, transport, sent, holdConnections } = start();
      leadership.renewed(leadership.moment);
      const connect = holdConnections();
      const write = transport.send(post).catch((error: unknown) => error);
      clock[stand](10_000);
      connect();
      expect(await write).toMatchObject(notLeading);
      expect(sent).toEqual([]);
    },
  );

  it('counts by the clock that moved more: a machine that slept, or whose clock is set back, gains nothing', async () => {
    const { clock, leadership } = start();
    leadership.renewed(leadership.moment);
    clock.sleepFor(-60_000);
    expect(leadership.leads).toBe(true);
    await clock.advance(9_999);
    expect(leadership.leads).toBe(true);
    await clock.advance(1);
    expect(leadership.leads).toBe(false);
    leadership.renewed(leadership.moment);
    clock.sleepFor(10_000);
    expect(leadership.leads).toBe(false);
  });

  it('gives up a write that is under way when the lease may have another holder', async () => {
    const { clock, leadership, transport } = start();
    leadership.renewed(leadership.moment);
    await clock.advance(9_000);
    const write = transport.send(post).catch((error: unknown) => error);
    await clock.advance(5_999);
    expect(await Promise.race([write, Promise.resolve('waits')])).toBe('waits');
    await clock.advance(1);
    expect(await write).toMatchObject(notLeading);
  });

  it('does not give up a write while the lease is renewed', async () => {
    const { clock, leadership, transport, answers } = start();
    leadership.renewed(leadership.moment);
    const write = transport.send(post);
    for (let renewal = 0; renewal < 10; renewal++) {
      await clock.advance(2_000);
      leadership.renewed(leadership.moment);
    }
    answers[0]?.();
    expect((await write).status).toBe(200);
  });

  it('tells at its end whether a write may still come', async () => {
    const idle = start();
    idle.leadership.renewed(idle.leadership.moment);
    expect(idle.leadership.close()).toBe(true);
    await expect(idle.transport.send(post)).rejects.toMatchObject(notLeading);
    expect(idle.clock.timers).toBe(0);
    const busy = start();
    busy.leadership.renewed(busy.leadership.moment);
    const write = busy.transport.send(post).catch((error: unknown) => error);
    expect(busy.leadership.close()).toBe(false);
    expect(await write).toMatchObject(notLeading);
  });

  it('is no more after its end, whatever answer comes then', async () => {
    const { leadership } = start();
    leadership.renewed(leadership.moment);
    leadership.close();
    leadership.renewed(leadership.moment);
    expect(leadership.leads).toBe(false);
    expect(() => leadership.enter()).toThrow(/NOT_LEADING/);
  });
});

describe('the gate', () => {
  const never = new AbortController().signal;

  it('opens when the lease is held, to all who wait, and to later ones at once', async () => {
    const { leadership } = start();
    const waiting = [leadership.lead(never), leadership.lead(never)];
    expect(await Promise.race([...waiting, Promise.resolve('waits')])).toBe('waits');
    leadership.renewed(leadership.moment);
    const terms = await Promise.all([...waiting, leadership.lead(never)]);
    expect(new Set(terms).size).toBe(1);
    expect(terms[0]?.aborted).toBe(false);
  });

  it('ends the term ten seconds after the last renewal, and begins another with the next', async () => {
    const { clock, leadership } = start();
    leadership.renewed(leadership.moment);
    const term = await leadership.lead(never);
    await clock.advance(6_000);
    leadership.renewed(leadership.moment);
    await clock.advance(9_999);
    expect(term.aborted).toBe(false);
    await clock.advance(1);
    expect(term.reason).toMatchObject(notLeading);
    const next = leadership.lead(never);
    expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits');
    leadership.renewed(leadership.moment);
    expect((await next).aborted).toBe(false);
  });

  it('ends the term of a process that was stopped with its first write, before any timer has run', async () => {
    const { clock, leadership } = start();
    leadership.renewed(leadership.moment);
    const term = await leadership.lead(never);
    clock.stopFor(10_000);
    expect(() => leadership.enter()).toThrow(/NOT_LEADING/);
    expect(term.aborted).toBe(true);
  });

  it('does not open for an answer that came too late', async () => {
    const { clock, leadership } = start();
    const asked = leadership.moment;
    const waiting = leadership.lead(never);
    await clock.advance(10_000);
    leadership.renewed(asked);
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
  });

  it('lets go whoever gives up', async () => {
    const { leadership } = start();
    const leaving = new AbortController();
    const waiting = leadership.lead(leaving.signal);
    leaving.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(leadership.lead(leaving.signal)).rejects.toThrow('enough');
  });
});
