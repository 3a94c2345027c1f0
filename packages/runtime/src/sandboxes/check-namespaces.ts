/**
 * Pod sandboxes: what the containers of a pod share. Its namespaces are mounted on files, so there is a process only for a
 * pod whose containers see each other's processes.
 * Neighbours: `containers` runs in them, `network` connects them, `cri` shows them.
 */
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';

/** Refuses what would isolate less, or otherwise, than was asked for. @throws INVALID_ARGUMENT of a call */
export function checkNamespaces({ linux }: PodSandboxConfig): void {
  const options = linux?.securityContext?.namespaceOptions;
  const users = options?.usernsOptions;
  if (users === undefined || users.mode === NamespaceMode.NODE) return;
  const field = 'config.linux.security_context.namespace_options';
  const bad = (name: string, reason: string): Error => invalidArgument({ field: `${field}.${name}`, reason });
  if (users.mode !== NamespaceMode.POD) throw bad('userns_options.mode', 'must be POD or NODE');
  for (const [name, mappings] of [['uids', users.uids] as const, ['gids', users.gids] as const]) {
    const [first, ...others] = mappings;
    if (first === undefined) continue;
    if (others.length > 0) throw bad(`userns_options.${name}`, 'must have one entry');
    if (first.containerId !== 0 || first.length === 0)
      throw bad(`userns_options.${name}`, 'must map ids from 0 on, so that there is a root');
  }
  if (users.uids.length !== users.gids.length) throw bad('userns_options', 'must map both users and groups');
  if (users.uids.length > 0 && options?.network === NamespaceMode.NODE)
    throw bad('network', "cannot be the node's for a pod with users of its own");
}
