/** Rows of the core group's kinds other than pods. */
import type { Json, JsonObject } from '@kubewright/api';
import { has, isObject, numberAt, objectAt, objectsAt, stringsAt, textAt } from '../kinds/fields/fields.js';
import { ageColumn, at, column, integer, labelText, nameColumn, printer, size, text, textOr, wide } from './columns.js';
import { age } from './duration.js';

const specOf = (object: JsonObject) => objectAt(object, 'spec');
const statusOf = (object: JsonObject) => objectAt(object, 'status');
const isDeleting = (object: JsonObject) => has(objectAt(object, 'metadata'), 'deletionTimestamp');

function externalAddress(service: JsonObject): string {
  const spec = specOf(service);
  const external = stringsAt(spec, 'externalIPs');
  switch (textAt(spec, 'type')) {
    case 'ExternalName':
      return textAt(spec, 'externalName');
    case 'LoadBalancer': {
      const ingress = objectsAt(objectAt(service, 'status', 'loadBalancer'), 'ingress');
      const addresses = [...new Set(ingress.map((item) => textAt(item, 'ip') || textAt(item, 'hostname')))].toSorted();
      return [...addresses, ...external].join(',') || '<pending>';
    }
    default:
      return external.join(',') || '<none>';
  }
}

function servicePorts(service: JsonObject): string {
  const ports = objectsAt(specOf(service), 'ports').map((port) => {
    const node = numberAt(port, 'nodePort') ?? 0;
    return `${numberAt(port, 'port') ?? 0}${node > 0 ? `:${node}` : ''}/${textAt(port, 'protocol')}`;
  });
  return ports.join(',') || '<none>';
}

export const servicePrinter = printer(
  nameColumn,
  column('Type', text('spec', 'type')),
  column(
    'Cluster-IP',
    (object) => stringsAt(specOf(object), 'clusterIPs')[0] ?? (textAt(specOf(object), 'clusterIP') || '<none>'),
  ),
  column('External-IP', externalAddress),
  column('Port(s)', servicePorts),
  ageColumn,
  wide('Selector', (object) => labelText(specOf(object)?.['selector'])),
);

const rolePrefix = 'node-role.kubernetes.io/';

function nodeRoles(node: JsonObject): string {
  const labels = objectAt(node, 'metadata', 'labels') ?? {};
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && typeof value === 'string' && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].toSorted().join(',') || '<none>';
}

function nodeStatus(node: JsonObject): string {
  const ready = objectsAt(statusOf(node), 'conditions').find((condition) => condition['type'] === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return specOf(node)?.['unschedulable'] === true ? `${word},SchedulingDisabled` : word;
}

const address = (type: string) => (node: JsonObject) => {
  const found = objectsAt(statusOf(node), 'addresses').find((item) => item['type'] === type);
  return textAt(found, 'address') || '<none>';
};

export const nodePrinter = printer(
  nameColumn,
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  ageColumn,
  column('Version', text('status', 'nodeInfo', 'kubeletVersion')),
  wide('Internal-IP', address('InternalIP')),
  wide('External-IP', address('ExternalIP')),
  wide('OS-Image', textOr('<unknown>', 'status', 'nodeInfo', 'osImage')),
  wide('Kernel-Version', textOr('<unknown>', 'status', 'nodeInfo', 'kernelVersion')),
  wide('Container-Runtime', textOr('<unknown>', 'status', 'nodeInfo', 'containerRuntimeVersion')),
);

export const namespacePrinter = printer(nameColumn, column('Status', text('status', 'phase')), ageColumn);

export const configMapPrinter = printer(
  nameColumn,
  column('Data', (object) => Number(size('data')(object, 0)) + Number(size('binaryData')(object, 0)), integer),
  ageColumn,
);

export const secretPrinter = printer(
  nameColumn,
  column('Type', text('type')),
  column('Data', size('data'), integer),
  ageColumn,
);

export const serviceAccountPrinter = printer(nameColumn, ageColumn);

function reference(object: JsonObject | undefined): string {
  const [kind, name] = [textAt(object, 'kind').toLowerCase(), textAt(object, 'name')];
  return kind === '' ? name : `${kind}/${name}`;
}

function firstSeen(event: JsonObject, now: number): string {
  return age(
    textAt(event, 'firstTimestamp') || textAt(event, 'deprecatedFirstTimestamp') || textAt(event, 'eventTime'),
    now,
  );
}

function lastSeen(event: JsonObject, now: number): string {
  const series = textAt(objectAt(event, 'series'), 'lastObservedTime');
  const last = textAt(event, 'lastTimestamp') || textAt(event, 'deprecatedLastTimestamp');
  return series !== '' ? age(series, now) : last !== '' ? age(last, now) : firstSeen(event, now);
}

function eventSource(event: JsonObject): string {
  const source = objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource');
  const component =
    textAt(source, 'component') || textAt(event, 'reportingComponent') || textAt(event, 'reportingController');
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}

export const eventPrinter = printer(
  column('Last Seen', lastSeen),
  column('Type', text('type')),
  column('Reason', text('reason')),
  column('Object', (event) => reference(objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding'))),
  wide('Subobject', (event) => textAt(objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding'), 'fieldPath')),
  wide('Source', eventSource),
  column('Message', (event) => (textAt(event, 'message') || textAt(event, 'note')).trim()),
  wide('First Seen', firstSeen),
  wide(
    'Count',
    (event) =>
      numberAt(objectAt(event, 'series'), 'count') ??
      numberAt(event, 'count') ??
      numberAt(event, 'deprecatedCount') ??
      1,
  ),
  wide('Name', text('metadata', 'name'), { format: 'name' }),
);

const modeNames: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(list: readonly string[]): string {
  return Object.entries(modeNames)
    .filter(([mode]) => list.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

const storageClass = (object: JsonObject): string =>
  textAt(objectAt(object, 'metadata', 'annotations'), 'volume.beta.kubernetes.io/storage-class') ||
  textAt(specOf(object), 'storageClassName');

const attributesClass = (object: JsonObject): string =>
  textAt(specOf(object), 'volumeAttributesClassName') || '<unset>';
const phase = (object: JsonObject): string => (isDeleting(object) ? 'Terminating' : textAt(statusOf(object), 'phase'));
const quantity = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export const persistentVolumePrinter = printer(
  nameColumn,
  column('Capacity', (object) => quantity(at(object, 'spec', 'capacity', 'storage'))),
  column('Access Modes', (object) => accessModes(stringsAt(specOf(object), 'accessModes'))),
  column('Reclaim Policy', text('spec', 'persistentVolumeReclaimPolicy')),
  column('Status', phase),
  column('Claim', (object) => {
    const claim = objectAt(object, 'spec', 'claimRef');
    return claim ? `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}` : '';
  }),
  column('StorageClass', storageClass),
  column('VolumeAttributesClass', attributesClass),
  column('Reason', text('status', 'reason')),
  ageColumn,
  wide('VolumeMode', textOr('<unset>', 'spec', 'volumeMode')),
);

export const persistentVolumeClaimPrinter = printer(
  nameColumn,
  column('Status', phase),
  column('Volume', text('spec', 'volumeName')),
  column('Capacity', (object) =>
    textAt(specOf(object), 'volumeName') === '' ? '' : quantity(at(object, 'status', 'capacity', 'storage')),
  ),
  column('Access Modes', (object) =>
    textAt(specOf(object), 'volumeName') === '' ? '' : accessModes(stringsAt(statusOf(object), 'accessModes')),
  ),
  column('StorageClass', storageClass),
  column('VolumeAttributesClass', attributesClass),
  ageColumn,
  wide('VolumeMode', textOr('<unset>', 'spec', 'volumeMode')),
);

/** The first few of a list, and how many are left out. */
export function shorten(items: readonly string[], most = 3): string {
  if (items.length === 0) return '<none>';
  return items.length <= most ? items.join(',') : `${items.slice(0, most).join(',')} + ${items.length - most} more...`;
}

export const endpointsPrinter = printer(
  nameColumn,
  column('Endpoints', (object) => {
    const pairs = objectsAt(object, 'subsets').flatMap((subset) => {
      const hosts = objectsAt(subset, 'addresses').map((item) => textAt(item, 'ip'));
      const ports = objectsAt(subset, 'ports');
      if (ports.length === 0) return hosts;
      return ports.flatMap((port) =>
        hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${numberAt(port, 'port') ?? 0}`),
      );
    });
    return shorten(pairs);
  }),
  ageColumn,
);

function quotaText(object: JsonObject, wanted: (name: string) => boolean): string {
  const [hard, used] = [objectAt(object, 'status', 'hard') ?? {}, objectAt(object, 'status', 'used') ?? {}];
  return Object.keys(hard)
    .filter(wanted)
    .toSorted()
    .map((name) => `${name}: ${quantity(used[name]) || '0'}/${quantity(hard[name])}`)
    .join(', ');
}

export const resourceQuotaPrinter = printer(
  nameColumn,
  column('Request', (object) => quotaText(object, (name) => !name.startsWith('limits.'))),
  column('Limit', (object) => quotaText(object, (name) => name.startsWith('limits.'))),
  ageColumn,
);

export const componentStatusPrinter = printer(
  nameColumn,
  column('Status', (object) => {
    const healthy = objectsAt(object, 'conditions').find((condition) => condition['type'] === 'Healthy');
    return healthy?.['status'] === 'True' ? 'Healthy' : healthy?.['status'] === 'False' ? 'Unhealthy' : 'Unknown';
  }),
  column('Message', (object) => textAt(objectsAt(object, 'conditions').find(isObject), 'message')),
  column('Error', (object) => textAt(objectsAt(object, 'conditions').find(isObject), 'error')),
);
