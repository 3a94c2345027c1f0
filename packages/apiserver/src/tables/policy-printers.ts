/** Rows of networking, storage, access control and extension kinds. */
import type { JsonObject } from '@kubewright/api';
import { numberAt, objectAt, objectsAt, stringsAt, textAt } from '../kinds/fields/fields.js';
import {
  ageColumn,
  at,
  column,
  count,
  integer,
  nameColumn,
  printer,
  selectorText,
  size,
  text,
  textOr,
  wide,
} from './columns.js';
import { shorten } from './core-printers.js';
import { humanDuration } from './duration.js';

const specOf = (object: JsonObject) => objectAt(object, 'spec');
const flag =
  (...path: readonly string[]) =>
  (object: JsonObject) =>
    at(object, ...path) === true;

export const ingressPrinter = printer(
  nameColumn,
  column('Class', textOr('<none>', 'spec', 'ingressClassName')),
  column('Hosts', (object) => {
    const hosts = objectsAt(specOf(object), 'rules').map((rule) => textAt(rule, 'host') || '*');
    return hosts.length === 0 ? '*' : shorten(hosts);
  }),
  column('Address', (object) =>
    objectsAt(objectAt(object, 'status', 'loadBalancer'), 'ingress')
      .map((item) => textAt(item, 'ip') || textAt(item, 'hostname'))
      .join(','),
  ),
  column('Ports', (object) => (objectsAt(specOf(object), 'tls').length > 0 ? '80, 443' : '80')),
  ageColumn,
);

export const ingressClassPrinter = printer(
  nameColumn,
  column('Controller', text('spec', 'controller')),
  column('Parameters', (object) => {
    const parameters = objectAt(object, 'spec', 'parameters');
    if (!parameters) return '<none>';
    const group = textAt(parameters, 'apiGroup');
    return `${textAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${textAt(parameters, 'name')}`;
  }),
  ageColumn,
);

export const networkPolicyPrinter = printer(
  nameColumn,
  column('Pod-Selector', (object) => selectorText(specOf(object)?.['podSelector'])),
  ageColumn,
);

export const endpointSlicePrinter = printer(
  nameColumn,
  column('AddressType', text('addressType')),
  column('Ports', (object) => {
    const ports = objectsAt(object, 'ports');
    return ports.length === 0 ? '<unset>' : shorten(ports.map((port) => String(numberAt(port, 'port') ?? '*')));
  }),
  column('Endpoints', (object) => {
    const addresses = objectsAt(object, 'endpoints').flatMap((endpoint) => stringsAt(endpoint, 'addresses'));
    return addresses.length === 0 ? '<unset>' : shorten(addresses);
  }),
  ageColumn,
);

export const serviceCidrPrinter = printer(
  nameColumn,
  column('CIDRs', (object) => stringsAt(specOf(object), 'cidrs').join(',')),
  ageColumn,
);

export const ipAddressPrinter = printer(
  nameColumn,
  column('ParentRef', (object) => {
    const parent = objectAt(object, 'spec', 'parentRef');
    return [textAt(parent, 'resource'), textAt(parent, 'namespace'), textAt(parent, 'name')]
      .filter((part) => part !== '')
      .join('/');
  }),
);

export const leasePrinter = printer(nameColumn, column('Holder', text('spec', 'holderIdentity')), ageColumn);

export const rolePrinter = printer(
  nameColumn,
  column('Created At', text('metadata', 'creationTimestamp'), { type: 'date' }),
);

const subjects = (kind: string) => (object: JsonObject) =>
  objectsAt(object, 'subjects')
    .filter((subject) => subject['kind'] === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '') + textAt(subject, 'name'))
    .join(', ');

export const roleBindingPrinter = printer(
  nameColumn,
  column(
    'Role',
    (object) => `${textAt(objectAt(object, 'roleRef'), 'kind')}/${textAt(objectAt(object, 'roleRef'), 'name')}`,
  ),
  ageColumn,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
);

export const customResourceDefinitionPrinter = printer(
  nameColumn,
  column('Created At', text('metadata', 'creationTimestamp'), { type: 'date' }),
);

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export const storageClassPrinter = printer(
  column(
    'Name',
    (object) => {
      const annotations = objectAt(object, 'metadata', 'annotations') ?? {};
      const isDefault = [defaultClass, 'storageclass.beta.kubernetes.io/is-default-class'].some(
        (key) => annotations[key] === 'true',
      );
      return textAt(objectAt(object, 'metadata'), 'name') + (isDefault ? ' (default)' : '');
    },
    { format: 'name' },
  ),
  column('Provisioner', text('provisioner')),
  column('ReclaimPolicy', textOr('Delete', 'reclaimPolicy')),
  column('VolumeBindingMode', textOr('<unset>', 'volumeBindingMode')),
  column('AllowVolumeExpansion', flag('allowVolumeExpansion'), { type: 'boolean' }),
  ageColumn,
);

export const csiDriverPrinter = printer(
  nameColumn,
  column('AttachRequired', (object) => specOf(object)?.['attachRequired'] !== false, { type: 'boolean' }),
  column('PodInfoOnMount', flag('spec', 'podInfoOnMount'), { type: 'boolean' }),
  column('StorageCapacity', flag('spec', 'storageCapacity'), { type: 'boolean' }),
  column(
    'TokenRequests',
    (object) =>
      objectsAt(specOf(object), 'tokenRequests')
        .map((item) => textAt(item, 'audience'))
        .join(',') || '<unset>',
  ),
  column('RequiresRepublish', flag('spec', 'requiresRepublish'), { type: 'boolean' }),
  column('Modes', (object) => stringsAt(specOf(object), 'volumeLifecycleModes').join(',') || '<none>'),
  ageColumn,
);

export const csiNodePrinter = printer(nameColumn, column('Drivers', size('spec', 'drivers'), integer), ageColumn);

export const csiStorageCapacityPrinter = printer(
  nameColumn,
  column('StorageClassName', text('storageClassName')),
  column('Capacity', (object) => textAt(object, 'capacity') || '<unset>'),
);

export const volumeAttachmentPrinter = printer(
  nameColumn,
  column('Attacher', text('spec', 'attacher')),
  column('PV', text('spec', 'source', 'persistentVolumeName')),
  column('Node', text('spec', 'nodeName')),
  column('Attached', flag('status', 'attached'), { type: 'boolean' }),
  ageColumn,
);

export const volumeAttributesClassPrinter = printer(nameColumn, column('DriverName', text('driverName')), ageColumn);

export const priorityClassPrinter = printer(
  nameColumn,
  column('Value', count('value'), integer),
  column('Global-Default', flag('globalDefault'), { type: 'boolean' }),
  ageColumn,
  column('PreemptionPolicy', text('preemptionPolicy')),
);

export const runtimeClassPrinter = printer(nameColumn, column('Handler', text('handler')), ageColumn);

function requestState(object: JsonObject): string {
  const status = objectAt(object, 'status');
  const types = objectsAt(status, 'conditions').map((condition) => textAt(condition, 'type'));
  let state = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  if (types.includes('Failed')) state += ',Failed';
  return textAt(status, 'certificate') === '' ? state : `${state},Issued`;
}

export const certificateSigningRequestPrinter = printer(
  nameColumn,
  ageColumn,
  column('SignerName', textOr('<none>', 'spec', 'signerName')),
  column('Requestor', text('spec', 'username')),
  column('RequestedDuration', (object) => {
    const seconds = numberAt(specOf(object), 'expirationSeconds');
    return seconds === undefined ? '<none>' : humanDuration(seconds * 1000);
  }),
  column('Condition', requestState),
);

export const webhookConfigurationPrinter = printer(
  nameColumn,
  column('Webhooks', size('webhooks'), integer),
  ageColumn,
);

export const validatingPolicyPrinter = printer(
  nameColumn,
  column('Validations', size('spec', 'validations'), integer),
  column('ParamKind', (object) => {
    const kind = objectAt(object, 'spec', 'paramKind');
    return kind ? `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}` : '<unset>';
  }),
  ageColumn,
);

export const policyBindingPrinter = printer(
  nameColumn,
  column('PolicyName', text('spec', 'policyName')),
  column('ParamRef', (object) => {
    const reference = objectAt(object, 'spec', 'paramRef');
    if (!reference) return '<unset>';
    const name = textAt(reference, 'name');
    const namespace = textAt(reference, 'namespace');
    return name === '' ? selectorText(reference['selector']) : `${namespace === '' ? '*' : namespace}/${name}`;
  }),
  ageColumn,
);

export const apiServicePrinter = printer(
  nameColumn,
  column('Service', (object) => {
    const service = objectAt(object, 'spec', 'service');
    return service ? `${textAt(service, 'namespace')}/${textAt(service, 'name')}` : 'Local';
  }),
  column('Available', (object) => {
    const available = objectsAt(objectAt(object, 'status'), 'conditions').find((item) => item['type'] === 'Available');
    if (!available) return 'Unknown';
    const state = textAt(available, 'status');
    return state === 'True' ? state : `${state} (${textAt(available, 'reason')})`;
  }),
  ageColumn,
);

export const flowSchemaPrinter = printer(
  nameColumn,
  column('PriorityLevel', text('spec', 'priorityLevelConfiguration', 'name')),
  column('MatchingPrecedence', count('spec', 'matchingPrecedence'), integer),
  column('DistinguisherMethod', textOr('<none>', 'spec', 'distinguisherMethod', 'type')),
  ageColumn,
  column('MissingPL', (object) => {
    const dangling = objectsAt(objectAt(object, 'status'), 'conditions').find((item) => item['type'] === 'Dangling');
    return dangling ? textAt(dangling, 'status') : '?';
  }),
);

const share = (key: string) => (object: JsonObject) => {
  const value = numberAt(objectAt(object, 'spec', 'limited'), key) ?? numberAt(objectAt(object, 'spec', 'exempt'), key);
  return value === undefined ? '<none>' : value;
};
const queuing = (key: string) => (object: JsonObject) =>
  numberAt(objectAt(object, 'spec', 'limited', 'limitResponse', 'queuing'), key) ?? '<none>';

export const priorityLevelPrinter = printer(
  nameColumn,
  column('Type', text('spec', 'type')),
  column('NominalConcurrencyShares', share('nominalConcurrencyShares')),
  column('Queues', queuing('queues')),
  column('HandSize', queuing('handSize')),
  column('QueueLengthLimit', queuing('queueLengthLimit')),
  ageColumn,
);
