/** CHECK. */
import { addAddress, deleteAddress, deleteLink, deleteRoute, newLink } from '@kubewright/linux';
import { section } from '../check/check.js';
import { fail, notApplicable } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { failedWith, succeeded } from '../call/reply.js';

const where = section(2, 'CHECK');
const own = { root: true, kinds: ['interface'], since: '0.4.0' } as const;
const incompatible = 1;

export const checkVerbChecks: readonly Check[] = [
  {
    id: 'check.passes',
    rule: 'CHECK succeeds right after ADD.',
    section: where,
    needs: { root: true, since: '0.4.0' },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      succeeded(await session.call('CHECK', container, { prevResult: result }));
    },
  },
  {
    id: 'check.without-result',
    rule: 'CHECK without prevResult fails.',
    section: where,
    needs: { root: true, kinds: ['interface', 'chained'], since: '0.4.0' },
    async run(session) {
      const container = await session.container();
      await session.add(container);
      failedWith(await session.call('CHECK', container, { prevResult: undefined }), 'without prevResult');
    },
  },
  {
    id: 'check.link-removed',
    rule: 'CHECK fails when the interface is gone.',
    section: where,
    needs: own,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await container.inside((tables) => tables.run(deleteLink(container.ifName)));
      failedWith(await session.call('CHECK', container, { prevResult: result }), 'without the interface');
    },
  },
  {
    id: 'check.address-removed',
    rule: 'CHECK fails when an address of prevResult is gone from the interface.',
    section: where,
    needs: own,
    async run(session) {
      // The kernel drops routes together with the address, which would be noticed just as well.
      await session.ipam.giveNoRoutes();
      const container = await session.container();
      const { result } = await session.add(container);
      await container.inside(async (tables) => {
        const link = (await tables.link(container.ifName)) ?? fail('the interface is missing');
        const [present] = (await tables.addresses({ link: link.index })).filter((one) =>
          result.ips?.some(({ address }) => address === one.address),
        );
        if (present === undefined) notApplicable('the result has no addresses');
        await tables.run(deleteAddress(present));
      });
      failedWith(await session.call('CHECK', container, { prevResult: result }), 'without the address');
    },
  },
  {
    id: 'check.route-removed',
    rule: 'CHECK fails when a route of prevResult is gone.',
    section: where,
    needs: own,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await container.inside(async (tables) => {
        const routes = await tables.routes({ family: 4 });
        const present = routes.find((one) => result.routes?.some(({ dst }) => dst === one.destination));
        if (present === undefined) notApplicable('the result has no routes');
        await tables.run(deleteRoute(present));
      });
      failedWith(await session.call('CHECK', container, { prevResult: result }), 'without the route');
    },
  },
  {
    id: 'check.tolerates-additions',
    rule: 'CHECK allows what plugins later in the chain added: other addresses and other interfaces.',
    section: where,
    needs: own,
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await container.inside(async (tables) => {
        const link = (await tables.link(container.ifName)) ?? fail('the interface is missing');
        await tables.run(
          addAddress({ link: link.index, address: '10.219.0.9/32' }),
          newLink({ kind: 'bridge', name: 'later0', up: true }),
        );
      });
      const interfaces = [...(result.interfaces ?? []), { name: 'later0', sandbox: container.netns }];
      const reply = await session.call('CHECK', container, { prevResult: { ...result, interfaces } });
      succeeded(reply, 'after a later plugin added to it');
    },
  },
  {
    id: 'check.deleted',
    rule: 'CHECK of an interface that DEL removed fails.',
    section: where,
    needs: { root: true, kinds: ['interface', 'ipam'], since: '0.4.0' },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await session.del(container, { prevResult: result });
      failedWith(await session.call('CHECK', container, { prevResult: result }), 'after DEL');
    },
  },
  {
    id: 'check.old-version',
    rule: 'CHECK with a configuration from before 0.4.0 is error 1.',
    section: where,
    needs: { since: '0.4.0', version: '0.3.1' },
    async run(session) {
      const reply = await session.call('CHECK', undefined, { version: '0.3.1', prevResult: { ips: [] } });
      failedWith(reply, 'with a configuration of 0.3.1', incompatible);
    },
  },
];
