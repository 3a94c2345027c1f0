/** Being one plugin among several, and what runtimes add for everybody. */
import type { CniResult } from '@kubewright/cni-sdk';
import { section } from '../check/check.js';
import { demand, equal } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { succeeded } from '../call/reply.js';

export const chainChecks: readonly Check[] = [
  {
    id: 'chain.passes-result',
    rule: 'A plugin that is given prevResult keeps in its own result what that had.',
    section: section(2, 'ADD'),
    needs: { root: true, kinds: ['interface', 'chained', 'loopback'], since: '0.3.0' },
    async run(session) {
      const container = await session.container();
      const before = container.prevResult ?? elsewhere();
      const { result } = await session.add(container, { prevResult: before });
      for (const { name, sandbox } of before.interfaces ?? []) {
        const kept = result.interfaces?.some((one) => one.name === name && one.sandbox === sandbox);
        demand(kept === true, `interface '${name}' of prevResult is not in the result`);
      }
      for (const { address } of before.ips ?? []) {
        const kept = result.ips?.some((one) => one.address === address);
        demand(kept === true, `address ${address} of prevResult is not in the result`);
      }
      equal(result.dns?.nameservers, before.dns?.nameservers, 'dns.nameservers of the result');
    },
  },
  {
    id: 'chain.indexes',
    rule: 'Addresses of prevResult point to the same interface in the result.',
    section: section(5, 'ADD Success'),
    needs: { root: true, kinds: ['chained'], since: '0.3.0' },
    async run(session) {
      const container = await session.container();
      const { result } = await session.add(container);
      const owners = (one: CniResult | undefined): (string | undefined)[] =>
        (one?.ips ?? []).map(({ address, interface: position }) =>
          position === undefined ? address : `${address} ${one?.interfaces?.[position]?.name ?? ''}`,
        );
      const after = owners(result);
      for (const owner of owners(container.prevResult)) {
        demand(after.includes(owner), `'${owner ?? ''}' became '${after.join(', ')}'`);
      }
    },
  },
  {
    id: 'args.ignore-unknown',
    rule: 'With IgnoreUnknown=1, keys of CNI_ARGS that the plugin does not know are no error.',
    section: section(2, 'Parameters'),
    needs: { root: true },
    async run(session) {
      const container = await session.container();
      const environment = {
        CNI_ARGS:
          'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=abc;K8S_POD_UID=',
      };
      const { result } = await session.add(container, { environment });
      succeeded(await session.call('DEL', container, { environment, prevResult: result }));
    },
  },
  {
    id: 'args.empty',
    rule: 'CNI_ARGS may be empty or not set.',
    section: section(2, 'Parameters'),
    needs: { root: true },
    async run(session) {
      for (const value of ['', undefined]) {
        const container = await session.container();
        const { result } = await session.add(container, { environment: { CNI_ARGS: value } });
        await session.del(container, { prevResult: result });
      }
    },
  },
];

/** What a plugin for another interface, on the host's side alone, would have printed. */
function elsewhere(): CniResult {
  return { interfaces: [{ name: 'before0' }], dns: { nameservers: ['10.214.0.53'] } };
}
