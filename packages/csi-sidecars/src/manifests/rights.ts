/**
 * The rights of the controller part: what its controllers watch is read from their decorators, so that it cannot be forgotten
 * here; what they write, and what they read now and then, stands below.
 */
import type { KubeObject } from '@kubewright/api';
import type { PolicyRule, Subject } from '@kubewright/api/rbac/v1';
import { controllerOptionsOf, kindOf, watchedResources } from '@kubewright/controller';
import type { CsiDriver } from '@kubewright/csi-sdk';
import { capacityNamespace } from '../volumes/capacity-publisher.js';
import { sidecarPlugins } from '../csi-sidecars.js';
import type { CsiSidecar } from '../csi-sidecars.js';
import { definitionNames, groupDefinitionNames } from '../snapshots/snapshot-definitions.js';
import type { CsiManifestsOptions } from './options.js';
import { namesOf } from './names.js';
import { sidecarsFor } from './sidecars-for.js';

const storage = 'storage.k8s.io';
const snapshots = 'snapshot.storage.k8s.io';
const groupSnapshots = 'groupsnapshot.storage.k8s.io';

/** Words apart by spaces. */
function grant(verbs: string, group: string, resources: string, resourceNames?: readonly string[]): PolicyRule {
  return {
    apiGroups: [group],
    resources: resources.split(' '),
    ...(resourceNames && { resourceNames: [...resourceNames] }),
    verbs: verbs.split(' '),
  };
}

const events = grant('create patch', 'events.k8s.io', 'events');

/** For the program's `/metrics`: whose token is shown, and whether he may. */
const reviews = [
  grant('create', 'authentication.k8s.io', 'tokenreviews'),
  grant('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

const rights: Record<CsiSidecar, readonly PolicyRule[]> = {
  provisioner: [
    grant('create patch delete', '', 'persistentvolumes'),
    grant('patch', '', 'persistentvolumeclaims'),
    grant('get', storage, 'volumeattributesclasses'),
    grant('get', snapshots, 'volumesnapshots volumesnapshotcontents'),
    grant('patch', snapshots, 'volumesnapshots'),
  ],
  // The objects themselves are written in one namespace, by a role there.
  capacity: [],
  attacher: [
    grant('patch', storage, 'volumeattachments volumeattachments/status'),
    grant('patch', '', 'persistentvolumes'),
  ],
  resizer: [grant('patch', '', 'persistentvolumes persistentvolumeclaims/status')],
  snapshotter: [
    grant('get list patch', '', 'persistentvolumeclaims'),
    grant('patch', snapshots, 'volumesnapshots volumesnapshots/status'),
    grant('create patch delete', snapshots, 'volumesnapshotcontents'),
    grant('patch', snapshots, 'volumesnapshotcontents/status'),
    grant('get', 'apiextensions.k8s.io', 'customresourcedefinitions', definitionNames),
  ],
  'group-snapshotter': [
    grant('get list patch', '', 'persistentvolumeclaims'),
    grant('patch', groupSnapshots, 'volumegroupsnapshots volumegroupsnapshots/status'),
    grant('create patch delete', groupSnapshots, 'volumegroupsnapshotcontents'),
    grant('patch', groupSnapshots, 'volumegroupsnapshotcontents/status'),
    grant('create patch delete', snapshots, 'volumesnapshots'),
    grant('create', snapshots, 'volumesnapshotcontents'),
    grant('patch', snapshots, 'volumesnapshotcontents/status'),
    grant('get', 'apiextensions.k8s.io', 'customresourcedefinitions', groupDefinitionNames),
  ],
  'health-monitor': [grant('list', 'events.k8s.io', 'events')],
};

/** Roles and their bindings for the account of the controller part. */
export function controllerRights(driver: CsiDriver, options: CsiManifestsOptions): KubeObject[] {
  const { sidecars = sidecarsFor(driver), secretNamespaces = [] } = options;
  const { controller: name, namespace, lease, labels } = namesOf(driver, options);
  const probed = options.controller?.livenessPort !== undefined;
  const subjects: Subject[] = [{ kind: 'ServiceAccount', name, namespace }];
  const granted = sidecars.flatMap((sidecar) => [...readRights(sidecar), ...rights[sidecar]]);
  // A name cannot be demanded of what is only to be created.
  const leases = [
    grant('create', 'coordination.k8s.io', 'leases'),
    grant('get update', 'coordination.k8s.io', 'leases', [lease]),
  ];
  const role = (within: string, suffix: string, rules: PolicyRule[]): KubeObject[] =>
    rolePair('Role', { name: `${name}-${suffix}`, namespace: within, labels }, rules, subjects);
  const capacity = grant('create patch delete', storage, 'csistoragecapacities');
  return [
    ...rolePair(
      'ClusterRole',
      { name, labels },
      mergeRules([...granted, events, ...(probed ? reviews : [])]),
      subjects,
    ),
    ...role(namespace, 'election', leases),
    ...(sidecars.includes('capacity') ? role(capacityNamespace, 'capacity', [capacity]) : []),
    ...secretNamespaces.flatMap((within) => role(within, 'secrets', [grant('get', '', 'secrets')])),
  ];
}

function readRights(sidecar: CsiSidecar): PolicyRule[] {
  return sidecarPlugins[sidecar]
    .filter((plugin) => controllerOptionsOf(plugin) !== undefined)
    .flatMap((controller) => watchedResources(controller))
    .map((resource) => kindOf(resource))
    .map(({ group, plural }) => grant('get list watch', group, plural));
}

function rolePair(
  kind: 'ClusterRole' | 'Role',
  metadata: KubeObject['metadata'],
  rules: PolicyRule[],
  subjects: Subject[],
): KubeObject[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const roleRef = { apiGroup, kind, name: metadata.name ?? '' };
  return [
    { apiVersion, kind, metadata, rules } as KubeObject,
    { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects } as KubeObject,
  ];
}

const verbOrder = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** One rule for all resources of a group that have the same verbs. */
export function mergeRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const verbsOf = new Map<string, Set<string>>();
  for (const { apiGroups = [], resources = [], resourceNames = [], verbs } of rules) {
    for (const resource of resources) {
      const key = JSON.stringify([apiGroups, resource, resourceNames]);
      verbsOf.set(key, new Set([...(verbsOf.get(key) ?? []), ...verbs]));
    }
  }
  const merged = new Map<string, PolicyRule>();
  for (const [key, found] of verbsOf) {
    const [apiGroups, resource, resourceNames] = JSON.parse(key) as [string[], string, string[]];
    const verbs = verbOrder.filter((verb) => found.has(verb));
    const id = JSON.stringify([apiGroups, resourceNames, verbs]);
    const resources = [...(merged.get(id)?.resources ?? []), resource];
    merged.set(id, { apiGroups, resources, ...(resourceNames.length > 0 && { resourceNames }), verbs });
  }
  return [...merged.values()];
}
