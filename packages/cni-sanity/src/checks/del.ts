/** DEL: it undoes ADD, as often as it is called. */
import { deleteLink } from '@kubewright/linux';
import { section } from '../check/check.js';
import { demand } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { succeeded } from '../call/reply.js';
import type { Container } from '../session/container.js';

const where = section(2, 'DEL');
const everywhere = { root: true } as const;
const own = { root: true, kinds: ['interface'] } as const;

export const delChecks: readonly Check[] = [
  {
    id: 'del.removes',
    rule: 'DEL takes the interface out of the container.',
    section: where,
    needs: own,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await session.del(container, { prevResult: result });
      demand(!(await connected(container)), `interface '${container.ifName}' is still there`);
    },
  },
  {
    id: 'del.twice',
    rule: 'DEL of what DEL has removed succeeds.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await session.del(container, { prevResult: result });
      succeeded(await session.call('DEL', container, { prevResult: result }), 'for the second time');
    },
  },
  {
    id: 'del.never-added',
    rule: 'DEL of a container that was never added succeeds.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      succeeded(await session.call('DEL', container), 'without an ADD before');
    },
  },
  {
    id: 'del.namespace-gone',
    rule: 'DEL succeeds when the namespace at CNI_NETNS does not exist any more.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await container[Symbol.asyncDispose]();
      await session.del(container, { prevResult: result });
    },
  },
  {
    id: 'del.namespace-empty',
    rule: 'DEL succeeds with CNI_NETNS empty or not set.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      for (const netns of ['', undefined]) {
        const reply = await session.call('DEL', container, { prevResult: result, environment: { CNI_NETNS: netns } });
        succeeded(reply, netns === '' ? 'with an empty CNI_NETNS' : 'without CNI_NETNS');
      }
    },
  },
  {
    id: 'del.without-result',
    rule: 'DEL succeeds without prevResult.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      await session.add(container);
      await session.del(container, { prevResult: undefined });
    },
  },
  {
    id: 'del.interface-gone',
    rule: 'DEL succeeds when the interface was removed by somebody else.',
    section: where,
    needs: own,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await container.inside((tables) => tables.run(deleteLink(container.ifName)));
      await session.del(container, { prevResult: result });
    },
  },
  {
    id: 'del.other-containers',
    rule: 'DEL of one container leaves the others connected.',
    section: where,
    needs: own,
    async run(session) {
      const [first, second] = [await session.container(), await session.container()];
      const { result } = await session.add(first);
      await session.add(second);
      await session.del(first, { prevResult: result });
      demand(await connected(second), 'the other container lost its interface');
    },
  },
  {
    id: 'del.other-interfaces',
    rule: "DEL of one interface leaves the container's others.",
    section: where,
    needs: own,
    async run(session) {
      const first = await session.container();
      const second = first.withInterface('eth1');
      await session.ipam.giveNoRoutes();
      const { result } = await session.add(first);
      await session.add(second, { config: session.secondNetwork() });
      await session.del(first, { prevResult: result });
      demand(await connected(second), "the container's other interface is gone");
    },
  },
  {
    id: 'del.then-add',
    rule: 'After DEL the container can be added again.',
    section: where,
    // In a chain, what a later plugin changed goes with the interface, which is the first plugin's.
    needs: { root: true, kinds: ['interface', 'ipam', 'loopback'] },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await session.del(container, { prevResult: result });
      await session.add(container);
    },
  },
  {
    id: 'output.silent',
    rule: 'DEL, CHECK and STATUS print nothing on stdout when they succeed.',
    section: where,
    needs: everywhere,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      const verbs = [
        ...(['0.4.0', '1.0.0', '1.1.0'].includes(session.newest) ? ['CHECK'] : []),
        ...(session.newest === '1.1.0' ? ['STATUS'] : []),
        'DEL',
      ];
      for (const verb of verbs) {
        const reply = await session.call(verb, container, { prevResult: result });
        // What fails is told by other checks.
        if (reply.exitCode !== 0) continue;
        demand(reply.stdout.trim() === '', `${verb} printed '${reply.stdout.trim().slice(0, 200)}'`);
      }
    },
  },
  {
    id: 'output.json-only',
    rule: 'ADD prints its result on stdout and nothing else; logs belong on stderr.',
    section: section(5),
    needs: everywhere,
    async run(session) {
      await session.add(await session.container());
    },
  },
];

async function connected(container: Container): Promise<boolean> {
  return (await container.inside((tables) => tables.link(container.ifName))) !== undefined;
}
