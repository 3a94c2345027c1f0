/** Leases, priority classes, runtime classes, certificate requests, API services and flow control. */
import { checkDns1123Label } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import {
  ensureObject,
  equal,
  has,
  isObject,
  numberAt,
  objectAt,
  setDefault,
  stringsAt,
  textAt,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

const systemClasses = new Set(['system-cluster-critical', 'system-node-critical']);
/** Above it only the two classes of the system are allowed. */
const highestUserPriority = 1_000_000_000;

export const lease: Behavior = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate(object, errors) {
    const spec = specOf(object);
    errors.positive('spec.leaseDurationSeconds', spec['leaseDurationSeconds']);
    errors.nonNegative('spec.leaseTransitions', spec['leaseTransitions']);
    if (spec['holderIdentity'] === '') errors.required('spec.holderIdentity', 'must not be empty');
  },
};

export const priorityClass: Behavior = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  generation: 'all',
  defaults(object) {
    setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
    if (object['globalDefault'] === false) delete object['globalDefault'];
  },
  validate(object, errors) {
    const name = textAt(objectAt(object, 'metadata'), 'name');
    const value = numberAt(object, 'value') ?? 0;
    if (!systemClasses.has(name)) {
      if (name.startsWith('system-')) {
        errors.forbidden(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        );
      }
      if (value > highestUserPriority)
        errors.forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`);
    }
    errors.oneOf('preemptionPolicy', object['preemptionPolicy'], ['Never', 'PreemptLowerPriority']);
  },
  validateUpdate(object, old, errors) {
    if (!equal(object['value'], old['value'])) errors.forbidden('value', 'may not be changed in an update.');
    if (!equal(object['preemptionPolicy'], old['preemptionPolicy'])) {
      errors.invalid('preemptionPolicy', object['preemptionPolicy'], 'field is immutable');
    }
  },
};

export const runtimeClass: Behavior = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  validate(object, errors) {
    const handler = textAt(object, 'handler');
    errors.each('handler', handler, checkDns1123Label(handler));
  },
  validateUpdate(object, old, errors) {
    if (!equal(object['handler'], old['handler'])) errors.invalid('handler', object['handler'], 'field is immutable');
  },
};

export const certificateSigningRequest: Behavior = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  selectable: { 'spec.signerName': (object) => textAt(objectAt(object, 'spec'), 'signerName') },
  update(object, old) {
    if (old['spec'] !== undefined) object['spec'] = old['spec'];
  },
  validate(object, errors) {
    const spec = specOf(object);
    const request = Buffer.from(textAt(spec, 'request'), 'base64').toString('latin1');
    if (!request.includes('-----BEGIN CERTIFICATE REQUEST-----')) {
      errors.invalid('spec.request', textAt(spec, 'request'), 'PEM block type must be CERTIFICATE REQUEST');
    }
    if (stringsAt(spec, 'usages').length === 0) errors.required('spec.usages', 'usages must be specified');
    const signer = textAt(spec, 'signerName');
    if (signer === '') errors.required('spec.signerName');
    else if (!/^[^/]+\.[^/]+\/[^/]+/.test(signer)) {
      errors.invalid(
        'spec.signerName',
        signer,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      );
    }
    const lifetime = numberAt(spec, 'expirationSeconds');
    if (lifetime !== undefined && lifetime < 600) {
      errors.invalid(
        'spec.expirationSeconds',
        lifetime,
        'may not specify a duration less than 600 seconds (10 minutes)',
      );
    }
  },
};

export const apiService: Behavior = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  allowUnconditionalUpdate: false,
  defaults(object) {
    const service = objectAt(object, 'spec', 'service');
    if (service && !has(service, 'port')) service['port'] = 443;
  },
  validate(object, errors) {
    const spec = specOf(object);
    const [group, version, name] = [
      textAt(spec, 'group'),
      textAt(spec, 'version'),
      textAt(objectAt(object, 'metadata'), 'name'),
    ];
    if (name !== `${version}.${group}`) errors.invalid('metadata.name', name, '`spec.version+"."+spec.group`');
    if (version === '') errors.required('spec.version');
    for (const [key, most] of [['groupPriorityMinimum', 20_000] as const, ['versionPriority', 1000] as const]) {
      const value = numberAt(spec, key) ?? 0;
      if (value <= 0 || value > most) errors.invalid(`spec.${key}`, value, `must be positive and less than ${most}`);
    }
    const service = objectAt(spec, 'service');
    if (!service) return;
    for (const key of ['namespace', 'name']) if (textAt(service, key) === '') errors.required(`spec.service.${key}`);
    if (spec['insecureSkipTLSVerify'] === true && has(spec, 'caBundle')) {
      errors.invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present');
    }
  },
};

export const flowSchema: Behavior = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    if (!numberAt(spec, 'matchingPrecedence')) spec['matchingPrecedence'] = 1000;
  },
  validate(object, errors) {
    const precedence = numberAt(objectAt(object, 'spec'), 'matchingPrecedence') ?? 0;
    if (precedence < 1) errors.invalid('spec.matchingPrecedence', precedence, 'must be a positive value');
    if (precedence > 10_000) errors.invalid('spec.matchingPrecedence', precedence, 'must not be greater than 10000');
    if (textAt(objectAt(object, 'spec', 'priorityLevelConfiguration'), 'name') === '') {
      errors.required('spec.priorityLevelConfiguration.name', 'must reference a priority level');
    }
  },
};

export const priorityLevelConfiguration: Behavior = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const limited = objectAt(spec, 'limited');
    if (limited) {
      if (!has(limited, 'nominalConcurrencyShares')) limited['nominalConcurrencyShares'] = 30;
      if (!has(limited, 'lendablePercent')) limited['lendablePercent'] = 0;
      const queuing = objectAt(limited, 'limitResponse', 'queuing');
      for (const [key, value] of [
        ['queues', 64],
        ['handSize', 8],
        ['queueLengthLimit', 50],
      ] as const) {
        if (queuing && !numberAt(queuing, key)) queuing[key] = value;
      }
    }
    const exempt = spec['exempt'];
    if (isObject(exempt)) {
      if (!has(exempt, 'nominalConcurrencyShares')) exempt['nominalConcurrencyShares'] = 0;
      if (!has(exempt, 'lendablePercent')) exempt['lendablePercent'] = 0;
    }
  },
  validate(object, errors) {
    const spec = specOf(object);
    errors.oneOf('spec.type', spec['type'], ['Exempt', 'Limited']);
    if (textAt(spec, 'type') === 'Limited' && !has(spec, 'limited'))
      errors.required('spec.limited', 'must not be empty when type is Limited');
  },
};
