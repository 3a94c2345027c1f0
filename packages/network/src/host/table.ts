import { addChain, addTable } from '@kubewright/linux';
import type { NetlinkRequest, NftChain, NftTable } from '@kubewright/linux';

/** Everything that the plugins have in the packet filter. */
export const cniTable: NftTable = { family: 'inet', name: 'kubewright-cni' };

/** Where packets leave: sources are translated here. 100 is the priority of source translation. */
export const postrouting: NftChain = {
  table: cniTable,
  name: 'postrouting',
  hook: { type: 'nat', at: 'postrouting', priority: 100 },
};

/** Where packets come in, and where local programs send them: destinations are translated here, at -100. */
export const prerouting: NftChain = {
  table: cniTable,
  name: 'prerouting',
  hook: { type: 'nat', at: 'prerouting', priority: -100 },
};
export const output: NftChain = {
  table: cniTable,
  name: 'output',
  hook: { type: 'nat', at: 'output', priority: -100 },
};

export const forward: NftChain = {
  table: cniTable,
  name: 'forward',
  hook: { type: 'filter', at: 'forward', priority: 0 },
};

export function tableWith(...chains: readonly NftChain[]): NetlinkRequest[] {
  return [addTable(cniTable), ...chains.map(addChain)];
}
