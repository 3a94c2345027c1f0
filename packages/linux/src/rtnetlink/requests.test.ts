import { describe, expect, it } from 'vitest';
import { linuxErrors } from '../errors.js';
import { AttributeMap } from '../netlink/attributes.js';
import { decodeMessages, encodeMessage } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { addAddress, readAddress } from './address.js';
import { addBridgeVlans, readBridgeVlans } from './bridge.js';
import { deleteLinkGroup, newLink, readLink, renameLink, setLink } from './link.js';
import { readForwarding, readNeighbour, setForwarding, setNeighbour } from './neighbour.js';
import { limitRate } from './queue.js';
import { addRoute, deleteRoute, readRoute } from './route.js';

/** The kernel's answers have the shape of the requests, so a request can be read back. */
function sent(request: NetlinkRequest): NetlinkMessage {
  const [message] = decodeMessages(encodeMessage(request, 1, 0));
  if (message === undefined) throw new Error('nothing was encoded');
  return message;
}

describe('links', () => {
  it('makes a pair whose other end is in a namespace already', () => {
    const { body } = sent(
      newLink({
        kind: 'veth',
        name: 'host0',
        index: 5,
        master: 3,
        peer: { name: 'eth0', mtu: 1400, index: 2, namespaceDescriptor: 9 },
      }),
    );
    expect(body.readInt32LE(4)).toBe(5);
    const outer = new AttributeMap(body.subarray(16));
    expect([outer.text(3), outer.u32(10)]).toEqual(['host0', 3]);
    const peer = outer.nest(18)?.nest(2)?.bytes(1) ?? Buffer.alloc(16);
    expect(peer.readInt32LE(4)).toBe(2);
    const inner = new AttributeMap(peer.subarray(16));
    expect([inner.text(3), inner.u32(4), inner.u32(28)]).toEqual(['eth0', 1400, 9]);
  });

  it('reads back name, kind, addresses and settings', () => {
    const message = sent(
      newLink({
        kind: 'vxlan',
        id: 7,
        port: 8472,
        local: '192.0.2.1',
        link: 4,
        name: 'vx7',
        mac: '0a:00:00:00:00:01',
        mtu: 1450,
        up: true,
        group: 3,
        alias: 'x',
      }),
    );
    expect(readLink(message)).toMatchObject({
      name: 'vx7',
      kind: 'vxlan',
      mac: '0a:00:00:00:00:01',
      mtu: 1450,
      up: true,
      group: 3,
      alias: 'x',
      details: { id: 7, port: 8472, link: 4, learning: false, local: '192.0.2.1' },
    });
  });

  it('changes only the flags that are named', () => {
    const { body } = sent(setLink(4, { up: false, promiscuous: true }));
    expect([body.readUInt32LE(8), body.readUInt32LE(12)]).toEqual([0x100, 0x101]);
  });

  it.each(['', 'sixteen-letters-', 'a/b', 'a b', '.', '..'])('refuses the name %j', (name) => {
    expect(() => renameLink(1, name)).toThrow(linuxErrors.INVALID_NAME.code);
  });

  it('never deletes the group that everything is in', () => {
    expect(() => deleteLinkGroup(0)).toThrow(linuxErrors.INVALID_NAME.code);
  });
});

describe('addresses and routes', () => {
  it('reads back an address', () => {
    expect(readAddress(sent(addAddress({ link: 2, address: 'fd00::5/64', noDuplicateDetection: true })))).toEqual({
      link: 2,
      address: 'fd00::5/64',
      scope: 'global',
      tentative: false,
      duplicate: false,
    });
    expect(
      readAddress(sent(addAddress({ link: 2, address: '10.0.0.1/32', peer: '10.0.0.2', scope: 'link' }))),
    ).toMatchObject({
      peer: '10.0.0.2',
      scope: 'link',
    });
  });

  it('reads back a route with a gateway, metrics and a table of any number', () => {
    const spec = {
      destination: '10.2.0.0/16',
      gateway: '10.9.0.1',
      link: 3,
      onlink: true,
      mtu: 1400,
      advertisedMss: 1360,
      table: 1000,
      priority: 9,
    };
    expect(readRoute(sent(addRoute(spec)))).toEqual({
      ...spec,
      family: 4,
      protocol: 4,
      scope: 'global',
      type: 'unicast',
    });
  });

  it('gives a direct IPv4 route the scope of the link, and a deletion any', () => {
    expect(readRoute(sent(addRoute({ destination: '10.2.0.0/16', link: 3 })))?.scope).toBe('link');
    expect(readRoute(sent(addRoute({ destination: 'fd00::/64', link: 3 })))?.scope).toBe('global');
    expect(readRoute(sent(deleteRoute({ destination: '0.0.0.0/0' })))).toMatchObject({
      destination: '0.0.0.0/0',
      scope: 'nowhere',
    });
  });
});

describe('neighbours', () => {
  it('keeps the two tables apart', () => {
    const neighbour = sent(setNeighbour({ link: 3, address: '10.2.0.0', mac: '0a:00:00:00:00:02' }));
    const entry = sent(
      setForwarding({ link: 3, mac: '0a:00:00:00:00:02', destination: '192.0.2.7', port: 8472, vni: 5 }),
    );
    expect(readNeighbour(neighbour)).toEqual({
      link: 3,
      address: '10.2.0.0',
      mac: '0a:00:00:00:00:02',
      permanent: true,
    });
    expect(readForwarding(neighbour)).toBeUndefined();
    expect(readNeighbour(entry)).toBeUndefined();
    expect(readForwarding(entry)).toEqual({
      link: 3,
      mac: '0a:00:00:00:00:02',
      owner: 'self',
      permanent: true,
      destination: '192.0.2.7',
      port: 8472,
      vni: 5,
    });
  });
});

describe('bridge VLANs', () => {
  it('reads back single ones and ranges', () => {
    const vlans = [{ id: 1, pvid: true, untagged: true }, { id: 10, lastId: 20 }, { id: 30 }];
    expect(readBridgeVlans(sent(addBridgeVlans(4, vlans)))).toEqual({ index: 4, vlans });
  });
});

describe('limitRate', () => {
  it('counts bytes, ticks of 64 ns, and a queue of burst and latency', () => {
    const options = new AttributeMap(sent(limitRate(3, { rate: 8_000_000, burst: 80_000 })).body.subarray(20)).nest(2);
    const parameters = options?.bytes(1) ?? Buffer.alloc(36);
    expect(parameters.readUInt32LE(8)).toBe(1_000_000);
    expect(parameters.readUInt32LE(24)).toBe(25_000 + 10_000);
    expect(parameters.readUInt32LE(28)).toBe(156_250);
  });
});
