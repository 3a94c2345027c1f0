import type { IDMapping, UserNamespace } from '@kubewright/cri-sdk/v1';
import type { OciIdMapping, OciLinux } from './spec.js';

/** A pod's mapping of users and groups in OCI's terms. */
export function idMappings({ uids, gids }: UserNamespace): Required<Pick<OciLinux, 'uidMappings' | 'gidMappings'>> {
  return { uidMappings: uids.map(toOci), gidMappings: gids.map(toOci) };
}

function toOci({ containerId, hostId, length }: IDMapping): OciIdMapping {
  return { containerID: containerId, hostID: hostId, size: length };
}
