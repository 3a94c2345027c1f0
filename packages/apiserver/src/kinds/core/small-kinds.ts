/** Kinds of the core group with few rules: service accounts, endpoints, quotas, limits, templates, bindings. */
import { checkDns1123Label } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { own, setOwn } from '@kubewright/api/json';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  equal,
  has,
  objectAt,
  objectsAt,
  scalarText,
  setDefault,
  stringsAt,
  textAt,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { portNumber } from '../validation/formats.js';
import { quantityOf, validateResourceList } from '../validation/quantities.js';
import { defaultPodTemplate } from './pod-defaults.js';
import { validatePodTemplate } from './pod-validation.js';

export const serviceAccount: Behavior = { group: '', version: 'v1', kind: 'ServiceAccount' };

export const podTemplate: Behavior = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  generation: ['template'],
  defaults(object) {
    defaultPodTemplate(ensureObject(object, 'template'));
  },
  validate(object, errors) {
    validatePodTemplate(objectAt(object, 'template') ?? {}, 'template', errors);
  },
};

export const endpoints: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  allowCreateOnUpdate: true,
  defaults(object) {
    for (const subset of objectsAt(object, 'subsets')) {
      for (const port of objectsAt(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
  },
  validate(object, errors) {
    objectsAt(object, 'subsets').forEach((subset, index) => validateSubset(subset, `subsets[${index}]`, errors));
  },
};

function validateSubset(subset: JsonObject, field: string, errors: FieldErrors): void {
  const lists = ['addresses', 'notReadyAddresses'];
  if (lists.every((list) => objectsAt(subset, list).length === 0)) {
    errors.required(field, 'must specify `addresses` or `notReadyAddresses`');
  }
  for (const list of lists) {
    objectsAt(subset, list).forEach((address, index) => {
      const ip = textAt(address, 'ip');
      const valid = /^(?:\d{1,3}\.){3}\d{1,3}$/.test(ip) || (ip.includes(':') && /^[0-9a-fA-F:.]+$/.test(ip));
      if (!valid)
        errors.invalid(
          `${field}.${list}[${index}].ip`,
          ip,
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        );
    });
  }
  const ports = objectsAt(subset, 'ports');
  ports.forEach((port, index) => {
    const at = `${field}.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name === '' && ports.length > 1) errors.required(`${at}.name`);
    else if (name !== '') errors.each(`${at}.name`, name, checkDns1123Label(name));
    errors.each(`${at}.port`, port['port'] ?? 0, portNumber(port['port']));
    errors.oneOf(`${at}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']);
  });
}

const quotaScopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

export const resourceQuota: Behavior = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  validate(object, errors) {
    const spec = specOf(object);
    validateResourceList(spec['hard'], 'spec.hard', errors);
    const scopes = stringsAt(spec, 'scopes');
    for (const scope of scopes)
      if (!quotaScopes.includes(scope)) errors.invalid('spec.scopes', scopes, 'unsupported scope');
    for (const [one, other] of [['BestEffort', 'NotBestEffort'] as const, ['Terminating', 'NotTerminating'] as const]) {
      if (scopes.includes(one) && scopes.includes(other)) errors.invalid('spec.scopes', scopes, 'conflicting scopes');
    }
  },
  validateUpdate(object, old, errors) {
    const scopes = (value: JsonObject) => stringsAt(objectAt(value, 'spec'), 'scopes').toSorted();
    if (!equal(scopes(object), scopes(old))) errors.invalid('spec.scopes', scopes(object), 'field is immutable');
  },
};

export const limitRange: Behavior = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  allowCreateOnUpdate: true,
  defaults(object) {
    for (const item of objectsAt(objectAt(object, 'spec'), 'limits'))
      if (textAt(item, 'type') === 'Container') defaultLimits(item);
  },
  validate(object, errors) {
    const types = new Set<string>();
    objectsAt(objectAt(object, 'spec'), 'limits').forEach((item, index) => {
      const at = `spec.limits[${index}]`;
      const type = textAt(item, 'type');
      if (types.has(type)) errors.duplicate(`${at}.type`, type);
      types.add(type);
      for (const list of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio']) {
        validateResourceList(item[list], `${at}.${list}`, errors);
      }
      if (type === 'Pod') {
        for (const list of ['default', 'defaultRequest']) {
          if (has(item, list)) errors.forbidden(`${at}.${list}`, "may not be specified when `type` is 'Pod'");
        }
      }
      validateOrder(item, at, errors);
    });
  },
};

/** A limit defaults to the maximum, a request to the limit, then to the minimum. */
function defaultLimits(item: JsonObject): void {
  const limits = ensureObject(item, 'default');
  const requests = ensureObject(item, 'defaultRequest');
  for (const [name, value] of Object.entries(objectAt(item, 'max') ?? {}))
    if (!has(limits, name)) setOwn(limits, name, value);
  for (const source of [limits, objectAt(item, 'min') ?? {}]) {
    for (const [name, value] of Object.entries(source)) if (!has(requests, name)) setOwn(requests, name, value);
  }
}

function validateOrder(item: JsonObject, field: string, errors: FieldErrors): void {
  for (const [lower, upper] of [
    ['min', 'max'],
    ['min', 'defaultRequest'],
    ['defaultRequest', 'max'],
    ['defaultRequest', 'default'],
    ['default', 'max'],
  ] as const) {
    for (const [name, value] of Object.entries(objectAt(item, lower) ?? {})) {
      const bound = own(objectAt(item, upper) ?? {}, name);
      const [low, high] = [quantityOf(value), quantityOf(bound)];
      if (low === undefined || high === undefined || low.compare(high) <= 0) continue;
      const text = `${lower} value ${scalarText(value)} is greater than ${upper} value ${scalarText(bound)}`;
      errors.invalid(`${field}.${lower}[${name}]`, scalarText(value), text);
    }
  }
}
