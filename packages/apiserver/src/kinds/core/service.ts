/** Services. Cluster IPs and node ports are allocated elsewhere; here are defaults, syntax and what may not change. */
import { checkDns1123Label, checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  has,
  isObject,
  numberAt,
  objectAt,
  objectsAt,
  present,
  scalarText,
  setDefault,
  stringsAt,
  textAt,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { portNumber, portReference } from '../validation/formats.js';
import { validateLabels } from '../validation/labels.js';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
/** The longest session affinity, in seconds: a day. */
const maximumAffinity = 86_400;

export const service: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Service',
  nameFormat: 'label1035',
  allowCreateOnUpdate: true,
  hasStatus: true,
  selectable: {
    'spec.clusterIP': (object) => textAt(objectAt(object, 'spec'), 'clusterIP'),
    'spec.type': (object) => textAt(objectAt(object, 'spec'), 'type'),
  },
  defaults(object) {
    defaultServiceSpec(ensureObject(object, 'spec'));
    const status = ensureObject(object, 'status');
    if (!has(status, 'loadBalancer')) status['loadBalancer'] = {};
  },
  update(object, old) {
    const [spec, before] = [ensureObject(object, 'spec'), ensureObject(old, 'spec')];
    if (textAt(spec, 'type') === 'ExternalName') return;
    // A client that sends a Service without its allocated addresses means to leave them as they are.
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      if (!present(spec, key) && before[key] !== undefined) spec[key] = before[key];
    }
    keepNodePorts(spec, before);
  },
  validate(object, errors) {
    validateServiceSpec(specOf(object), errors);
  },
  validateUpdate(object, old, errors) {
    const [spec, before] = [specOf(object), specOf(old)];
    if (textAt(spec, 'type') === 'ExternalName' || textAt(before, 'type') === 'ExternalName') return;
    const [address, former] = [textAt(spec, 'clusterIP'), textAt(before, 'clusterIP')];
    if (former !== '' && address !== former) errors.invalid('spec.clusterIPs[0]', [address], 'may not change once set');
  },
};

function defaultServiceSpec(spec: JsonObject): void {
  setDefault(spec, 'type', 'ClusterIP');
  setDefault(spec, 'sessionAffinity', 'None');
  if (textAt(spec, 'sessionAffinity') === 'None') delete spec['sessionAffinityConfig'];
  else {
    const client = ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP');
    if (!has(client, 'timeoutSeconds')) client['timeoutSeconds'] = 10_800;
  }
  for (const port of objectsAt(spec, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (!present(port, 'targetPort') || port['targetPort'] === 0) {
      const number = port['port'];
      if (number !== undefined) port['targetPort'] = number;
    }
  }
  const type = textAt(spec, 'type');
  const external = type === 'NodePort' || type === 'LoadBalancer';
  if (external) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (type !== 'ExternalName') {
    setDefault(spec, 'internalTrafficPolicy', 'Cluster');
    setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
    if (stringsAt(spec, 'ipFamilies').length === 0)
      spec['ipFamilies'] = [textAt(spec, 'clusterIP').includes(':') ? 'IPv6' : 'IPv4'];
  }
  if (present(spec, 'clusterIP') && stringsAt(spec, 'clusterIPs').length === 0)
    spec['clusterIPs'] = [textAt(spec, 'clusterIP')];
  if (type === 'LoadBalancer' && !has(spec, 'allocateLoadBalancerNodePorts'))
    spec['allocateLoadBalancerNodePorts'] = true;
}

function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  const type = textAt(spec, 'type');
  if (type !== 'NodePort' && type !== 'LoadBalancer') return;
  const former = new Map(objectsAt(before, 'ports').map((port) => [portKey(port), numberAt(port, 'nodePort')]));
  for (const port of objectsAt(spec, 'ports')) {
    const known = former.get(portKey(port));
    if (!numberAt(port, 'nodePort') && known) port['nodePort'] = known;
  }
}

function portKey(port: JsonObject): string {
  return `${textAt(port, 'protocol')}/${scalarText(port['port'])}`;
}

function validateServiceSpec(spec: JsonObject, errors: FieldErrors): void {
  const type = textAt(spec, 'type');
  errors.oneOf('spec.type', spec['type'], types);
  errors.oneOf('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']);
  const timeout = objectAt(spec, 'sessionAffinityConfig', 'clientIP')?.['timeoutSeconds'];
  if (typeof timeout === 'number' && (timeout <= 0 || timeout > maximumAffinity)) {
    const text = `must be greater than 0 and less than ${maximumAffinity}`;
    errors.invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, text);
  }
  if (isObject(spec['selector'])) validateLabels(spec['selector'], 'spec.selector', errors);
  const headless = textAt(spec, 'clusterIP') === 'None';
  if (type === 'ExternalName') {
    const name = textAt(spec, 'externalName').replace(/\.$/, '');
    if (name === '') errors.required('spec.externalName');
    else errors.each('spec.externalName', name, checkDns1123Subdomain(name));
  } else if (headless && (type === 'LoadBalancer' || type === 'NodePort')) {
    errors.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`);
  }
  if (objectsAt(spec, 'ports').length === 0 && !headless && type !== 'ExternalName') errors.required('spec.ports');
  validatePorts(spec, type, errors);
  for (const [key, values] of [
    ['internalTrafficPolicy', ['Cluster', 'Local']],
    ['externalTrafficPolicy', ['Cluster', 'Local']],
    ['ipFamilyPolicy', ['PreferDualStack', 'RequireDualStack', 'SingleStack']],
  ] as const) {
    errors.oneOf(`spec.${key}`, spec[key], values, true);
  }
  if (
    present(spec, 'externalTrafficPolicy') &&
    type !== 'NodePort' &&
    type !== 'LoadBalancer' &&
    stringsAt(spec, 'externalIPs').length === 0
  ) {
    errors.invalid(
      'spec.externalTrafficPolicy',
      spec['externalTrafficPolicy'],
      'may only be set for externally-accessible services',
    );
  }
}

function validatePorts(spec: JsonObject, type: string, errors: FieldErrors): void {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const ports = objectsAt(spec, 'ports');
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name === '' && ports.length > 1) errors.required(`${at}.name`);
    else if (name !== '') {
      errors.each(`${at}.name`, name, checkDns1123Label(name));
      if (names.has(name)) errors.duplicate(`${at}.name`, name);
      names.add(name);
    }
    errors.each(`${at}.port`, port['port'] ?? 0, portNumber(port['port']));
    errors.oneOf(`${at}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']);
    errors.each(`${at}.targetPort`, port['targetPort'], portReference(port['targetPort']));
    const node = numberAt(port, 'nodePort') ?? 0;
    if (node !== 0 && (type === 'ClusterIP' || type === 'ExternalName')) {
      errors.forbidden(`${at}.nodePort`, `may not be used when \`type\` is '${type}'`);
    }
    const key = portKey(port);
    if (numbers.has(key)) errors.duplicate(at, { port: port['port'] ?? 0, protocol: textAt(port, 'protocol') });
    numbers.add(key);
  });
}
