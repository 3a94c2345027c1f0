import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addChain, addNftRule, addTable } from '../nftables/changes.js';
import { match } from '../nftables/expressions.js';
import { Nftables } from '../nftables/nftables.js';
import { setLink } from '../rtnetlink/link.js';
import { Rtnetlink } from '../rtnetlink/rtnetlink.js';
import { privileged, TemporaryNamespace } from '../testing/temporary-namespace.js';
import { ConnectionTracking } from './connection-tracking.js';

describe.skipIf(!privileged())('connection tracking (needs root)', () => {
  let space: TemporaryNamespace;
  const sockets: Socket[] = [];

  /** Sends one datagram from a port of its own. */
  const send = async (type: 'udp4' | 'udp6', address: string, port: number): Promise<void> => {
    const socket = createSocket({ type, lookup: (host, _, found) => found(null, host, type === 'udp4' ? 4 : 6) });
    sockets.push(socket);
    const bound = new Promise((resolve) => socket.once('listening', resolve));
    space.namespace.run(() => void socket.bind({ address: type === 'udp4' ? '127.0.0.1' : '::1', exclusive: true }));
    await bound;
    await new Promise((resolve) => socket.send('x', port, address, resolve));
  };

  beforeAll(async () => {
    space = new TemporaryNamespace();
    await using tables = Rtnetlink.open(space);
    await tables.run(setLink('lo', { up: true }));
    // Nothing is tracked until somebody asks for it.
    await using filter = Nftables.open(space);
    const table = { family: 'inet', name: 't' } as const;
    const chain = { table, name: 'c', hook: { type: 'filter', at: 'output', priority: 0 } } as const;
    await filter.commit(
      addTable(table),
      addChain(chain),
      addNftRule({ chain, expressions: match.connectionState('new') }),
    );
  });
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await space[Symbol.asyncDispose]();
  });

  it('forgets the flows to a port, of one protocol, family and address', async () => {
    await using flows = ConnectionTracking.open(space);
    const count = async (family: 4 | 6, port: number, address?: string): Promise<number> =>
      flows.forget({ family, protocol: 'udp', port, ...(address === undefined ? {} : { address }) });
    for (const port of [5301, 5301, 5302]) await send('udp4', '127.0.0.1', port);
    await send('udp4', '127.0.0.2', 5301);
    await send('udp6', '::1', 5301);
    expect(await flows.forget({ family: 4, protocol: 'tcp', port: 5301 })).toBe(0);
    expect([await count(4, 5303), await count(4, 5301, '127.0.0.9'), await count(6, 5301, '::2')]).toEqual([0, 0, 0]);
    expect([await count(4, 5301, '127.0.0.2'), await count(4, 5301), await count(4, 5301)]).toEqual([1, 2, 0]);
    expect([await count(6, 5301), await count(4, 5302)]).toEqual([1, 1]);
  });
});
