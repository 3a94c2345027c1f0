import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CniJson } from '@kubewright/cni-sdk';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { ask, connectWorld, serve, v4, v6 } from './surroundings.js';
import type { Family } from './surroundings.js';
import { TestMachine } from './test-machine.js';

const goPlugins = '/usr/lib/cni';
const needed = [...['bridge', 'host-local', 'portmap'].map((type) => join(goPlugins, type)), '/usr/sbin/ip6tables'];
const able = privileged() && needed.every((path) => existsSync(path));

const portMappings = [
  { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
  { hostPort: 8081, containerPort: 80, protocol: 'tcp', hostIP: v4.machine },
];

interface Seen {
  readonly result: unknown;
  /** Whom servers took the callers for, by the way they called. */
  readonly connected: Readonly<Record<string, string>>;
  /** The same when one pod is gone. */
  readonly released: Readonly<Record<string, string>>;
}

/** Connects two pods by the chain of one side, and tries every way to them and from them. */
async function tryOut(side: 'ours' | 'go', families: readonly Family[]): Promise<Seen> {
  await using machine = new TestMachine();
  const [world, one, two] = [machine.pod(), machine.pod(), machine.pod()];
  await connectWorld(machine, world, families);
  const call = (type: string, verb: string, containerId: string, netns: string, config: CniJson): Promise<CniJson> =>
    side === 'ours'
      ? machine.succeed(type, verb, { config, containerId, netns })
      : machine.succeedForeign(goPlugins, type, verb, { config, containerId, netns });
  const ranges = families.map(({ subnet }) => [{ subnet }]);
  const routes = families.map(({ everything }) => ({ dst: everything }));
  const ipam = { type: 'host-local', dataDir: machine.leases, ranges, routes };
  const bridge = { bridge: 'cni-test', isGateway: true, ipMasq: true, hairpinMode: true, ipam };
  const add = async (name: string, netns: string, ports: readonly CniJson[]): Promise<CniJson> => {
    const prevResult = await call('bridge', 'ADD', name, netns, bridge);
    return await call('portmap', 'ADD', name, netns, { prevResult, runtimeConfig: { portMappings: ports } });
  };
  const result = await add('one', one.path, portMappings);
  await add('two', two.path, []);
  const servers = [await serve(world.namespace, 90), await serve(one.namespace, 80)];
  const probe = async (): Promise<Record<string, string>> => {
    const answers: Record<string, string> = {};
    for (const family of families) {
      const { machine: near, world: there, one: pod, loopback } = family;
      const ways: readonly (readonly [string, string, string, number])[] = [
        ['pod to world', one.path, there, 90],
        ['pod to pod', two.path, pod, 80],
        ['machine to pod', machine.space.path, pod, 80],
        ['world to host port', world.path, near, 8080],
        ['world to the host port of one address', world.path, near, 8081],
        ['machine to host port', machine.space.path, near, 8080],
        ['neighbour to host port', two.path, near, 8080],
        ['pod to its own host port', one.path, near, 8080],
        ...(loopback === undefined ? [] : [['loopback to host port', machine.space.path, loopback, 8080] as const]),
      ];
      for (const [way, from, host, port] of ways) answers[`${way} ${near}`] = await ask(machine, from, host, port);
    }
    return answers;
  };
  // The Go bridge's link-local address is not usable for a second or two.
  for (const { world: there } of families) {
    await expect.poll(() => ask(machine, one.path, there, 90), { timeout: 10_000 }).not.toBe('');
  }
  const connected = await probe();
  await call('portmap', 'DEL', 'one', one.path, { prevResult: result, runtimeConfig: { portMappings } });
  await call('bridge', 'DEL', 'one', one.path, { ...bridge, prevResult: result });
  for (const server of servers) server.close();
  servers.push(await serve(world.namespace, 91));
  const released: Record<string, string> = {};
  for (const { machine: near, world: there } of families) {
    released[`world to host port ${near}`] = await ask(machine, world.path, near, 8080);
    released[`other pod to world ${near}`] = await ask(machine, two.path, there, 91);
  }
  servers.at(-1)?.close();
  return { result: shape(result), connected, released };
}

/** Without what differs between any two pods. */
function shape({ ips, routes, interfaces }: CniJson): unknown {
  return { ips, routes, interfaces: (interfaces as readonly unknown[]).length };
}

describe.skipIf(!able)('NAT of our plugins beside the Go plugins (needs root, ip6tables and /usr/lib/cni)', () => {
  it.each([
    ['IPv4', [v4]],
    ['IPv6', [v6]],
    ['dual stack', [v4, v6]],
  ] as const)('translates addresses alike with %s', { timeout: 30_000 }, async (_title, families) => {
    const [ours, theirs] = await Promise.all([tryOut('ours', families), tryOut('go', families)]);
    expect(ours).toEqual(theirs);
    for (const { machine: near, world: there } of families) {
      expect(ours.connected[`pod to world ${near}`]).toBe(near);
      expect(ours.connected[`world to host port ${near}`]).toBe(there);
      expect(ours.released).toMatchObject({ [`world to host port ${near}`]: '', [`other pod to world ${near}`]: near });
    }
  });
});
