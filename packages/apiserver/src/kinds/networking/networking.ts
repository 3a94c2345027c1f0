/** Ingresses, network policies, addresses and endpoint slices. */
import { checkDns1123Label, checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  equal,
  has,
  objectAt,
  objectsAt,
  present,
  setDefault,
  stringsAt,
  textAt,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { portNumber, portReference, wildcardSubdomain } from '../validation/formats.js';
import { validateLabelSelector } from '../validation/labels.js';

const group = 'networking.k8s.io';
const protocols = ['SCTP', 'TCP', 'UDP'];

export const ingress: Behavior = {
  group,
  version: 'v1',
  kind: 'Ingress',
  generation: ['spec'],
  validate(object, errors) {
    const spec = specOf(object);
    const rules = objectsAt(spec, 'rules');
    const fallback = objectAt(spec, 'defaultBackend');
    if (rules.length === 0 && !fallback)
      errors.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified');
    if (fallback) validateBackend(fallback, 'spec.defaultBackend', errors);
    rules.forEach((rule, index) => {
      const at = `spec.rules[${index}]`;
      const host = textAt(rule, 'host');
      if (host !== '')
        errors.each(`${at}.host`, host, host.includes('*') ? wildcardSubdomain(host) : checkDns1123Subdomain(host));
      const http = objectAt(rule, 'http');
      if (!http) return;
      const paths = objectsAt(http, 'paths');
      if (paths.length === 0) errors.required(`${at}.http.paths`);
      paths.forEach((path, position) => validatePath(path, `${at}.http.paths[${position}]`, errors));
    });
    const name = textAt(spec, 'ingressClassName');
    if (name !== '') errors.each('spec.ingressClassName', name, checkDns1123Subdomain(name));
  },
};

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function validatePath(path: JsonObject, field: string, errors: FieldErrors): void {
  const type = textAt(path, 'pathType');
  const value = textAt(path, 'path');
  if (type === '') errors.required(`${field}.pathType`, 'pathType must be specified');
  else if (!pathTypes.includes(type)) errors.notSupported(`${field}.pathType`, type, pathTypes);
  else if (!value.startsWith('/') && (type !== 'ImplementationSpecific' || value !== '')) {
    errors.invalid(`${field}.path`, value, 'must be an absolute path');
  } else if (type !== 'ImplementationSpecific') {
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
      if (value.includes(part)) errors.invalid(`${field}.path`, value, `must not contain '${part}'`);
    }
  }
  validateBackend(objectAt(path, 'backend') ?? {}, `${field}.backend`, errors);
}

function validateBackend(backend: JsonObject, field: string, errors: FieldErrors): void {
  const service = objectAt(backend, 'service');
  if (service && has(backend, 'resource')) errors.invalid(field, '', 'cannot set both resource and service backends');
  else if (!service && !has(backend, 'resource')) errors.invalid(field, '', 'resource or service backend is required');
  if (!service) return;
  const name = textAt(service, 'name');
  if (name === '') errors.required(`${field}.service.name`);
  else errors.each(`${field}.service.name`, name, checkDns1123Label(name));
  const port = objectAt(service, 'port') ?? {};
  const [number, portName] = [port['number'] ?? 0, textAt(port, 'name')];
  if (number === 0 && portName === '') errors.required(field, 'port name or number is required');
  else if (number !== 0) errors.each(`${field}.service.port.number`, number, portNumber(number));
}

export const ingressClass: Behavior = {
  group,
  version: 'v1',
  kind: 'IngressClass',
  generation: ['spec'],
  defaults(object) {
    const parameters = objectAt(object, 'spec', 'parameters');
    if (parameters) setDefault(parameters, 'scope', 'Cluster');
  },
  validate(object, errors) {
    if (textAt(objectAt(object, 'spec'), 'controller') === '') errors.required('spec.controller');
  },
  validateUpdate(object, old, errors) {
    const controller = objectAt(object, 'spec')?.['controller'];
    if (!equal(controller, objectAt(old, 'spec')?.['controller']))
      errors.invalid('spec.controller', controller, 'field is immutable');
  },
};

export const networkPolicy: Behavior = {
  group,
  version: 'v1',
  kind: 'NetworkPolicy',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    for (const rule of [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')]) {
      for (const port of objectsAt(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
    if (stringsAt(spec, 'policyTypes').length === 0) {
      spec['policyTypes'] = objectsAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    }
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateLabelSelector(spec['podSelector'], 'spec.podSelector', errors);
    for (const [list, peers] of [['ingress', 'from'] as const, ['egress', 'to'] as const]) {
      objectsAt(spec, list).forEach((rule, index) => validateRule(rule, peers, `spec.${list}[${index}]`, errors));
    }
    const types = stringsAt(spec, 'policyTypes');
    if (types.length > 2) errors.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes');
    else
      for (const [index, type] of types.entries())
        errors.oneOf(`spec.policyTypes[${index}]`, type, ['Egress', 'Ingress']);
  },
};

function validateRule(rule: JsonObject, peers: string, field: string, errors: FieldErrors): void {
  objectsAt(rule, 'ports').forEach((port, index) => {
    const at = `${field}.ports[${index}]`;
    errors.oneOf(`${at}.protocol`, port['protocol'], protocols, true);
    if (has(port, 'port')) errors.each(`${at}.port`, port['port'], portReference(port['port']));
    else if (has(port, 'endPort')) errors.required(`${at}.port`, 'must be specified when `endPort` is specified');
  });
  objectsAt(rule, peers).forEach((peer, index) => {
    const at = `${field}.${peers}[${index}]`;
    const block = objectAt(peer, 'ipBlock');
    if (!block && !has(peer, 'podSelector') && !has(peer, 'namespaceSelector'))
      errors.required(at, 'must specify a peer');
    if (block && (has(peer, 'podSelector') || has(peer, 'namespaceSelector'))) {
      errors.forbidden(at, 'may not specify both ipBlock and another peer');
    }
    if (block && textAt(block, 'cidr') === '') errors.required(`${at}.ipBlock.cidr`);
    validateLabelSelector(peer['podSelector'], `${at}.podSelector`, errors);
    validateLabelSelector(peer['namespaceSelector'], `${at}.namespaceSelector`, errors);
  });
}

/** The most endpoints that one slice may hold. */
const maximumEndpoints = 1000;

export const endpointSlice: Behavior = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  generation: 'all',
  allowCreateOnUpdate: true,
  defaults(object) {
    for (const port of objectsAt(object, 'ports')) {
      if (!has(port, 'name')) port['name'] = '';
      setDefault(port, 'protocol', 'TCP');
    }
  },
  validate(object, errors) {
    const type = textAt(object, 'addressType');
    if (type === '') errors.required('addressType');
    else if (!['FQDN', 'IPv4', 'IPv6'].includes(type))
      errors.notSupported('addressType', type, ['FQDN', 'IPv4', 'IPv6']);
    const list = objectsAt(object, 'endpoints');
    if (list.length > maximumEndpoints) errors.tooMany('endpoints', list.length, maximumEndpoints);
    list.forEach((endpoint, index) => {
      const addresses = stringsAt(endpoint, 'addresses');
      if (addresses.length === 0) errors.required(`endpoints[${index}].addresses`, 'must contain at least 1 address');
      if (addresses.length > 100) errors.tooMany(`endpoints[${index}].addresses`, addresses.length, 100);
    });
    const names = new Set<string>();
    objectsAt(object, 'ports').forEach((port, index) => {
      const name = textAt(port, 'name');
      if (name !== '') errors.each(`ports[${index}].name`, name, checkDns1123Label(name));
      if (names.has(name)) errors.duplicate('ports', name);
      names.add(name);
      errors.oneOf(`ports[${index}].protocol`, port['protocol'], protocols);
    });
  },
  validateUpdate(object, old, errors) {
    if (!equal(object['addressType'], old['addressType']))
      errors.invalid('addressType', object['addressType'], 'field is immutable');
  },
};

export const serviceCIDR: Behavior = {
  group,
  version: 'v1',
  kind: 'ServiceCIDR',
  validate(object, errors) {
    const ranges = stringsAt(objectAt(object, 'spec'), 'cidrs');
    if (ranges.length === 0) errors.required('spec.cidrs', 'at least one CIDR required');
    if (ranges.length > 2) errors.invalid('spec', specOf(object), 'may only hold up to 2 values');
  },
  validateUpdate(object, old, errors) {
    const cidrs = objectAt(object, 'spec')?.['cidrs'];
    if (!equal(cidrs, objectAt(old, 'spec')?.['cidrs'])) errors.invalid('spec.cidrs', cidrs, 'field is immutable');
  },
};

export const ipAddress: Behavior = {
  group,
  version: 'v1',
  kind: 'IPAddress',
  validate(object, errors) {
    const parent = objectAt(object, 'spec', 'parentRef');
    if (!parent) errors.required('spec.parentRef');
    else for (const key of ['resource', 'name']) if (!present(parent, key)) errors.required(`spec.parentRef.${key}`);
  },
  validateUpdate(object, old, errors) {
    const parent = objectAt(object, 'spec')?.['parentRef'];
    if (!equal(parent, objectAt(old, 'spec')?.['parentRef']))
      errors.invalid('spec.parentRef', parent, 'field is immutable');
  },
};
