/** GC and STATUS. */
import { section } from '../check/check.js';
import { demand, notApplicable } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { describe, failedWith, succeeded } from '../call/reply.js';
import type { Container } from '../session/container.js';
import type { Attached, InvocationOptions, Session } from '../session/session.js';

const where = section(2, 'GC');
const status = section(2, 'STATUS');
const own = { root: true, kinds: ['interface'], since: '1.1.0' } as const;
const incompatible = 1;
const notReady = [50, 51];

export const gcStatusChecks: readonly Check[] = [
  {
    id: 'gc.keeps-valid',
    rule: 'GC leaves the attachments that the runtime lists.',
    section: where,
    needs: { root: true, since: '1.1.0' },
    async run(session) {
      const container = await session.container();
      const attached = await session.add(container);
      await collect(session, [container]);
      await stillConnected(session, container, attached);
    },
  },
  {
    id: 'gc.removes-stale',
    rule: 'GC removes what the plugin made for attachments that the runtime does not list.',
    section: where,
    needs: { ...own, kinds: ['interface', 'ipam'] },
    async run(session) {
      const [valid, stale] = [await session.container(), await session.container()];
      const kept = await session.add(valid);
      const { result } = await session.add(stale);
      await collect(session, [valid]);
      await stillConnected(session, valid, kept);
      const link = session.profile.kind === 'interface' ? await linkOf(stale) : undefined;
      if (link === undefined && session.profile.kind === 'interface') return;
      const reply = await session.call('CHECK', stale, { prevResult: result });
      demand(reply.exitCode !== 0, `container '${stale.id}' is still connected after GC without it`);
    },
  },
  {
    id: 'gc.other-interfaces',
    rule: 'GC goes by container id and interface name together.',
    section: where,
    needs: own,
    async run(session) {
      const valid = await session.container();
      const stale = valid.withInterface('eth1');
      await session.add(stale);
      await collect(session, [valid]);
      demand(
        (await linkOf(stale)) === undefined,
        "'eth1' is still there after GC with another interface of its container",
      );
    },
  },
  {
    id: 'gc.other-networks',
    rule: 'GC of one network leaves the attachments of others.',
    section: where,
    needs: { root: true, since: '1.1.0' },
    async run(session) {
      const container = await session.container();
      const attached = await session.add(container);
      await collect(session, [], { name: `${session.network}-other` });
      await stillConnected(session, container, attached);
    },
  },
  {
    id: 'gc.repeats',
    rule: 'GC succeeds when there is nothing left to remove.',
    section: where,
    needs: { root: true, since: '1.1.0' },
    async run(session) {
      await collect(session, []);
      const container = await session.container();
      await session.add(container);
      await collect(session, []);
      await collect(session, []);
    },
  },
  {
    id: 'gc.without-list',
    rule: 'GC without its list of valid attachments is refused: nothing would count as valid.',
    section: where,
    needs: { since: '1.1.0' },
    async run(session) {
      failedWith(await session.call('GC'), 'without cni.dev/valid-attachments');
    },
  },
  {
    id: 'gc.then-del',
    rule: 'DEL of what GC removed succeeds.',
    section: where,
    needs: { root: true, since: '1.1.0' },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      await collect(session, []);
      await session.del(container, { prevResult: result });
    },
  },
  {
    id: 'gc.old-version',
    rule: 'GC with a configuration from before 1.1.0 is error 1.',
    section: where,
    needs: { since: '1.1.0', version: '1.0.0' },
    async run(session) {
      const config = { 'cni.dev/valid-attachments': [] };
      failedWith(await session.call('GC', undefined, { version: '1.0.0', config }), 'of 1.0.0', incompatible);
    },
  },
  {
    id: 'status.answers',
    rule: 'STATUS needs no container; it succeeds, or says by error 50 or 51 that the plugin is not ready.',
    section: status,
    needs: { root: true, since: '1.1.0' },
    async run(session) {
      const reply = await session.call('STATUS', undefined, {
        environment: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined },
      });
      if (reply.exitCode === 0) return;
      const { code, msg } = failedWith(reply, '', ...notReady);
      notApplicable(`the plugin says that it is not ready: ${msg} (code ${code})`);
    },
  },
  {
    id: 'status.old-version',
    rule: 'STATUS with a configuration from before 1.1.0 is error 1.',
    section: status,
    needs: { since: '1.1.0', version: '1.0.0' },
    async run(session) {
      failedWith(await session.call('STATUS', undefined, { version: '1.0.0' }), 'of 1.0.0', incompatible);
    },
  },
];

/** GC that has to succeed. The reference library sends the list by an earlier name as well. */
async function collect(
  session: Session,
  valid: readonly Container[],
  config: InvocationOptions['config'] = {},
): Promise<void> {
  const list = valid.map(({ id, ifName }) => ({ containerID: id, ifname: ifName }));
  const reply = await session.call('GC', undefined, {
    environment: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined },
    prevResult: undefined,
    config: { 'cni.dev/valid-attachments': list, 'cni.dev/attachments': list, ...config },
  });
  succeeded(reply);
}

async function stillConnected(session: Session, container: Container, { result }: Attached): Promise<void> {
  if (session.profile.kind !== 'ipam') {
    demand((await linkOf(container)) !== undefined, `container '${container.id}' lost its interface`);
  }
  const reply = await session.call('CHECK', container, { prevResult: result });
  demand(reply.exitCode === 0, `container '${container.id}' is not connected any more (${describe(reply)})`);
}

async function linkOf(container: Container) {
  return container.inside((tables) => tables.link(container.ifName));
}
