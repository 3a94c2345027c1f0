import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { privileged, TemporaryNamespace } from '../testing/temporary-namespace.js';
import { addAddress } from './address.js';
import { newLink, setLink } from './link.js';
import { limitRate, removeRateLimit } from './queue.js';
import { addRoute } from './route.js';
import { Rtnetlink } from './rtnetlink.js';

describe.skipIf(!privileged())('what the kernel answers of one thing (needs root)', () => {
  let space: TemporaryNamespace;
  let tables: Rtnetlink;

  beforeAll(async () => {
    space = new TemporaryNamespace();
    tables = Rtnetlink.open(space);
    await tables.run(
      newLink({ kind: 'bridge', name: 'b0', index: 10, up: true }),
      addAddress({ link: 10, address: '10.9.0.1/24' }),
      addAddress({ link: 10, address: 'fd09::1/64', noDuplicateDetection: true }),
      addRoute({ destination: '10.10.0.0/16', gateway: '10.9.0.2' }),
    );
  });
  afterAll(async () => {
    await tables.close();
    await space[Symbol.asyncDispose]();
  });

  it('finds the way to an address, direct, by a gateway, to itself or none', async () => {
    expect(await tables.routeTo('10.9.0.7')).toMatchObject({ link: 10, type: 'unicast', destination: '10.9.0.7/32' });
    expect((await tables.routeTo('10.9.0.7'))?.gateway).toBeUndefined();
    expect(await tables.routeTo('10.10.3.4')).toMatchObject({ link: 10, gateway: '10.9.0.2' });
    expect(await tables.routeTo('10.9.0.1')).toMatchObject({ type: 'local' });
    expect(await tables.routeTo('fd09::7')).toMatchObject({ link: 10, type: 'unicast', family: 6 });
    expect([await tables.routeTo('192.0.2.1'), await tables.routeTo('2001:db8::1')]).toEqual([undefined, undefined]);
  });

  it.each([
    { rate: 1_000_000, burst: 800_000 },
    { rate: 12_345, burst: 6_789 },
    { rate: 100_000_000_000, burst: 34_000_000_000 },
  ])('knows the limit %j', async (limit) => {
    expect(await tables.isRateLimited(10, limit)).toBe(false);
    await tables.run(limitRate(10, limit));
    expect(await tables.isRateLimited(10, limit)).toBe(true);
    expect(await tables.isRateLimited(10, { ...limit, rate: limit.rate * 2 })).toBe(false);
    expect(await tables.isRateLimited(10, { ...limit, burst: limit.burst / 2 })).toBe(false);
    await tables.run(removeRateLimit(10));
    expect(await tables.isRateLimited(10, limit)).toBe(false);
    expect(await tables.isRateLimited(4711, limit)).toBe(false);
  });

  it('tells the queue of a link, and whether it takes all multicast packets', async () => {
    await tables.run(setLink(10, { allMulticast: true, txQueueLength: 77 }));
    expect(await tables.link(10)).toMatchObject({ allMulticast: true, txQueueLength: 77 });
    await tables.run(setLink(10, { allMulticast: false }));
    expect((await tables.link(10))?.allMulticast).toBe(false);
  });
});
