import type { PolicyRule } from '@kubewright/api/rbac/v1';

/** `grant('get list', 'apps', 'deployments deployments/scale')`: words apart by spaces; the core group is `''`. */
export function grant(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    apiGroups: groups === '' ? [''] : groups.split(' ').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: names.split(' ') }),
    verbs: verbs.split(' '),
  };
}

/** Paths that are no resources. */
export function grantPaths(verbs: string, paths: string): PolicyRule {
  return { nonResourceURLs: paths.split(' '), verbs: verbs.split(' ') };
}

export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
/** Upstream lets controllers record Events of both groups. */
export const events = grant('create patch update', 'core events.k8s.io', 'events');
