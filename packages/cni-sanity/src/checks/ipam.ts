/** Delegation to an address manager, seen through one that keeps a record. */
import { parsePrefix, prefixContains } from '@kubewright/linux';
import { section } from '../check/check.js';
import { demand, equal } from '../call/verdict.js';
import type { Check, CheckNeeds } from '../check/check.js';
import { failedWith, succeeded } from '../call/reply.js';
import { ipamNetwork, RecordingIpam } from '../ipam/recording-ipam.js';
import type { Session } from '../session/session.js';

const where = section(4);
const pluginSpecific = 101;
const notAvailable = 50;
const config = { ipam: { type: RecordingIpam.type, 'example.com/own': { deep: [1, 'two'] } } };

export const ipamChecks: readonly Check[] = [
  {
    id: 'ipam.add',
    rule: 'ADD calls ADD of the address manager once, with the same variables and the whole configuration.',
    section: where,
    needs: needs(),
    async run(session) {
      const container = await session.container();
      const given = { ...config, args: { 'example.com/other': { deep: [1, null] } } };
      await session.add(container, { config: given });
      const calls = await session.ipam.calls('ADD');
      equal(calls.length, 1, 'the number of its ADDs');
      const call = calls[0];
      equal(call?.containerId, container.id, 'its CNI_CONTAINERID');
      equal(call?.ifName, container.ifName, 'its CNI_IFNAME');
      equal(call?.netns, container.netns, 'its CNI_NETNS');
      equal(call?.config?.['name'], session.network, 'name in its configuration');
      equal(call?.config?.['ipam'], given.ipam, 'ipam in its configuration');
      equal(call?.config?.['args'], given.args, 'args in its configuration');
    },
  },
  {
    id: 'ipam.result',
    rule: 'The result of ADD has the addresses that the address manager gave.',
    section: where,
    needs: needs('0.3.0'),
    async run(session) {
      const { result } = await session.add(await session.container(), { config });
      const ips = result.ips ?? [];
      demand(ips.length > 0, 'the result has no addresses');
      for (const { address } of ips) {
        demand(prefixContains(ipamNetwork, parsePrefix(address).address), `${address} was not given by it`);
      }
    },
  },
  {
    id: 'ipam.failure',
    rule: 'ADD fails when the address manager fails, and calls its DEL.',
    section: where,
    needs: needs(),
    async run(session) {
      await session.ipam.failOn('ADD', pluginSpecific);
      const container = await session.container();
      failedWith(await session.call('ADD', container, { config }), 'with an address manager that fails');
      equal(await session.ipam.leases(), [], 'what the address manager still holds');
    },
  },
  {
    id: 'ipam.released-on-failure',
    rule: 'ADD that fails leaves no address behind once the interface could not be made.',
    section: where,
    needs: needs(),
    async run(session) {
      const container = await session.container();
      await session.add(container, { config });
      const before = await session.ipam.leases();
      failedWith(await session.call('ADD', container, { config, environment: { CNI_CONTAINERID: 'second' } }), 'again');
      equal(await session.ipam.leases(), before, 'what the address manager holds');
    },
  },
  {
    id: 'ipam.missing',
    rule: 'ADD fails when the address manager is in no directory of CNI_PATH.',
    section: where,
    needs: needs(),
    async run(session) {
      const missing = { ipam: { type: 'sanity-no-such-plugin' } };
      failedWith(
        await session.call('ADD', await session.container(), { config: missing }),
        'without its address manager',
      );
    },
  },
  {
    id: 'ipam.del',
    rule: 'DEL calls DEL of the address manager.',
    section: where,
    needs: needs(),
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container, { config });
      await session.del(container, { config, prevResult: result });
      equal(await session.ipam.leases(), [], 'what the address manager still holds');
    },
  },
  {
    id: 'ipam.del-without-namespace',
    rule: 'DEL releases the address also where CNI_NETNS is empty, or its namespace gone.',
    section: section(2, 'DEL'),
    needs: needs(),
    async run(session) {
      for (const netns of ['', '/nowhere/netns']) {
        const container = await session.container();
        const { result } = await session.add(container, { config });
        await session.del(container, { config, prevResult: result, environment: { CNI_NETNS: netns } });
        equal(await session.ipam.leases(), [], `what the address manager still holds after CNI_NETNS '${netns}'`);
      }
    },
  },
  {
    id: 'ipam.del-failure',
    rule: 'DEL fails when the address manager could not release, so that the runtime comes again.',
    section: where,
    needs: needs(),
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container, { config });
      await session.ipam.failOn('DEL', pluginSpecific);
      const reply = await session.call('DEL', container, { config, prevResult: result });
      failedWith(reply, 'with an address manager that fails');
    },
  },
  {
    id: 'ipam.check',
    rule: 'CHECK calls CHECK of the address manager and passes its error on.',
    section: where,
    needs: needs('0.4.0'),
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container, { config });
      succeeded(await session.call('CHECK', container, { config, prevResult: result }));
      await called(session, 'CHECK');
      await session.ipam.failOn('CHECK', pluginSpecific);
      const reply = await session.call('CHECK', container, { config, prevResult: result });
      failedWith(reply, 'with an address manager that fails');
    },
  },
  {
    id: 'ipam.gc',
    rule: 'GC calls GC of the address manager, with the list of valid attachments.',
    section: where,
    needs: needs('1.1.0'),
    async run(session) {
      const list = [{ containerID: 'valid', ifname: 'eth0' }];
      const key = 'cni.dev/valid-attachments';
      succeeded(await session.call('GC', undefined, { config: { ...config, [key]: list } }));
      await called(session, 'GC');
      const [call] = await session.ipam.calls('GC');
      equal(call?.config?.[key], list, `${key} in its configuration`);
    },
  },
  {
    id: 'ipam.status',
    rule: 'STATUS calls STATUS of the address manager, and is not ready when that is not.',
    section: where,
    needs: needs('1.1.0'),
    async run(session) {
      await session.call('STATUS', undefined, { config });
      await called(session, 'STATUS');
      await session.ipam.failOn('STATUS', notAvailable);
      failedWith(await session.call('STATUS', undefined, { config }), 'with an address manager that is not ready');
    },
  },
];

function needs(since?: '0.3.0' | '0.4.0' | '1.1.0'): CheckNeeds {
  return { root: true, kinds: ['interface'], ipam: true, ...(since === undefined ? {} : { since }) };
}

async function called(session: Session, verb: string): Promise<void> {
  const calls = await session.ipam.calls(verb);
  demand(calls.length > 0, `the address manager was not asked for ${verb}`);
}
