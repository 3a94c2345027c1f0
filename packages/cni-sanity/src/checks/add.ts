/**
 * The checks, by verb and subject: each a rule of the specification, and calls that show whether a plugin keeps it.
 * `all-checks` lists them. Neighbours: `run` runs them, `session` calls the plugin.
 *
 * This file: ADD: what the result says is what there is.
 */
import { networkOf, newLink, parsePrefix } from '@kubewright/linux';
import type { Link } from '@kubewright/linux';
import { section } from '../check/check.js';
import { demand, equal, fail, notApplicable } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { failedWith } from '../call/reply.js';
import type { Container } from '../session/container.js';
import type { Attached } from '../session/session.js';

const where = section(2, 'ADD');
const needs = { root: true, kinds: ['interface'], since: '0.3.0' } as const;

export const addChecks: readonly Check[] = [
  {
    id: 'add.interface',
    rule: 'The result lists an interface with the name of CNI_IFNAME whose sandbox is CNI_NETNS.',
    section: section(5, 'ADD Success'),
    needs: { ...needs, kinds: ['interface', 'loopback'] },
    async run(session) {
      const container = await session.container();
      inContainer(container, await session.add(container));
    },
  },
  {
    id: 'add.link',
    rule: 'The interface exists in the container, is up, and has the hardware address and MTU of the result.',
    section: where,
    needs: { ...needs, kinds: ['interface', 'loopback'] },
    async run(session) {
      const container = await session.container();
      const attached = await session.add(container);
      const link = await requireLink(container);
      demand(link.up, `interface '${container.ifName}' is down`);
      const { mac, mtu } = inContainer(container, attached);
      if (mac !== undefined && session.profile.kind !== 'loopback') equal(mac.toLowerCase(), link.mac, 'mac');
      if (mtu !== undefined) equal(mtu, link.mtu, 'mtu');
    },
  },
  {
    id: 'add.addresses',
    rule: 'The interface has each address of the result.',
    section: where,
    needs: { ...needs, kinds: ['interface', 'loopback'] },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      const link = await requireLink(container);
      const present = await container.inside((tables) => tables.addresses({ link: link.index }));
      const texts = present.map(({ address }) => address);
      for (const { address } of result.ips ?? []) {
        demand(texts.includes(address), `'${container.ifName}' lacks ${address}; it has ${texts.join(', ') || 'none'}`);
      }
    },
  },
  {
    id: 'add.routes',
    rule: 'The container has each route of the result.',
    section: where,
    needs,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      const routes = result.routes ?? [];
      if (routes.length === 0) notApplicable('the result has no routes');
      const families = [4, 6] as const;
      const present = await container.inside(async (tables) =>
        (await Promise.all(families.map((family) => tables.routes({ family })))).flat(),
      );
      for (const { dst, gw } of routes) {
        const found = present.some(
          (route) => route.destination === networkOf(dst) && (gw === undefined || route.gateway === gw),
        );
        demand(found, `the container has no route to ${dst}${gw === undefined ? '' : ` by ${gw}`}`);
      }
    },
  },
  {
    id: 'add.address-interface',
    rule: 'Each address of the result points to the interface of the container that has it.',
    section: section(5, 'ADD Success'),
    needs,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      const ips = result.ips ?? [];
      if (ips.length === 0) notApplicable('the result has no addresses');
      for (const { address, interface: position } of ips) {
        const owner = position === undefined ? undefined : result.interfaces?.[position];
        demand(owner !== undefined, `${address} has no interface`);
        equal(owner.sandbox, container.netns, `the sandbox of the interface that has ${address}`);
      }
    },
  },
  {
    id: 'add.existing-interface',
    rule: 'ADD fails where the container has an interface of that name, and leaves that interface as it is.',
    section: where,
    needs: { root: true, kinds: ['interface'] },
    async run(session) {
      const container = await session.container();
      await container.inside((tables) => tables.run(newLink({ kind: 'bridge', name: container.ifName })));
      failedWith(await session.call('ADD', container), 'with an interface that exists');
      const link = await container.inside((tables) => tables.link(container.ifName));
      demand(link !== undefined && link.kind === 'bridge', 'the interface that was there is gone');
    },
  },
  {
    id: 'add.twice',
    rule: 'ADD for an interface that was added already fails, and the first one stays connected.',
    section: where,
    needs: { root: true, kinds: ['interface'] },
    async run(session) {
      const container = await session.container();
      await session.add(container);
      failedWith(await session.call('ADD', container), 'for the second time');
      await requireLink(container);
    },
  },
  {
    id: 'add.second-interface',
    rule: 'A container can be connected to another network by another interface name.',
    section: section(2, 'Parameters'),
    needs: { root: true, kinds: ['interface'] },
    async run(session) {
      const first = await session.container();
      const second = first.withInterface('eth1');
      // One container cannot have two default routes.
      await session.ipam.giveNoRoutes();
      await session.add(first);
      await session.add(second, { config: session.secondNetwork() });
      await requireLink(first);
      await requireLink(second);
    },
  },
  {
    id: 'add.no-namespace',
    rule: 'ADD into a namespace that does not exist fails.',
    section: where,
    needs: { root: true, kinds: ['interface', 'loopback'] },
    async run(session) {
      failedWith(await session.call('ADD', session.unmade()), 'with CNI_NETNS that does not exist');
    },
  },
  {
    id: 'add.distinct',
    rule: 'Containers that are connected at the same time all succeed, with addresses of their own.',
    section: section(3, 'Lifecycle & Ordering'),
    needs: { root: true, kinds: ['interface', 'ipam'], since: '0.3.0' },
    async run(session) {
      const containers = [];
      for (let count = 0; count < 8; count += 1) containers.push(await session.container());
      const added = await Promise.all(containers.map((one) => session.add(one)));
      const addresses = added.flatMap(({ result }) =>
        (result.ips ?? []).map(({ address }) => parsePrefix(address).address),
      );
      const twice = addresses.find((one, index) => addresses.indexOf(one) !== index);
      demand(twice === undefined, `${twice ?? ''} was given to two containers`);
      await Promise.all(containers.map((one, index) => session.del(one, { prevResult: added[index]?.result })));
    },
  },
];

function inContainer(container: Container, { result, json }: Attached) {
  const named = result.interfaces?.filter(({ name }) => name === container.ifName) ?? [];
  const found = named.find(({ sandbox }) => sandbox === container.netns);
  if (found !== undefined) return found;
  const sandboxes = named.map(({ sandbox }) => `'${sandbox ?? ''}'`).join(', ');
  return fail(
    named.length === 0
      ? `the result lists no interface '${container.ifName}': ${JSON.stringify(json['interfaces'])}`
      : `the sandbox of '${container.ifName}' is ${sandboxes}, not '${container.netns}'`,
  );
}

async function requireLink(container: Container): Promise<Link> {
  const link = await container.inside((tables) => tables.link(container.ifName));
  return link ?? fail(`there is no interface '${container.ifName}' in the container`);
}
