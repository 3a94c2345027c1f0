/** ConfigMaps and Secrets: keys, size, immutability. */
import { checkConfigMapKey } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { setOwn } from '@kubewright/api/json';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, equal, isObject, objectAt, setDefault, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

/** The most that one ConfigMap or Secret may hold, in bytes: 1 MiB. */
const maximumBytes = 1024 * 1024;

/** The keys that a secret of a type must hold. */
const requiredKeys = new Map([
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const configMap: Behavior = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  validate(object, errors) {
    const [data, binary] = [objectAt(object, 'data') ?? {}, objectAt(object, 'binaryData') ?? {}];
    let size = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.each(`data[${key}]`, key, checkConfigMapKey(key));
      if (Object.hasOwn(binary, key)) errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
      size += Buffer.byteLength(typeof value === 'string' ? value : '');
    }
    for (const [key, value] of Object.entries(binary)) {
      errors.each(`binaryData[${key}]`, key, checkConfigMapKey(key));
      size += Buffer.byteLength(typeof value === 'string' ? value : '', 'base64');
    }
    if (size > maximumBytes) errors.tooLong('', maximumBytes);
  },
  validateUpdate(object, old, errors) {
    validateImmutable(object, old, ['data', 'binaryData'], errors);
  },
};

export const secret: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  selectable: { type: (object) => textAt(object, 'type') },
  defaults(object) {
    setDefault(object, 'type', 'Opaque');
    const plain = object['stringData'];
    if (!isObject(plain)) return;
    const data = ensureObject(object, 'data');
    for (const [key, value] of Object.entries(plain)) {
      if (typeof value === 'string') setOwn(data, key, Buffer.from(value).toString('base64'));
    }
    delete object['stringData'];
  },
  validate(object, errors) {
    const data = objectAt(object, 'data') ?? {};
    let size = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.each(`data[${key}]`, key, checkConfigMapKey(key));
      const text = typeof value === 'string' ? value : '';
      if (typeof value !== 'string' || !base64.test(text))
        errors.invalid(`data[${key}]`, '<secret contents redacted>', 'must be base64');
      size += Buffer.byteLength(text, 'base64');
    }
    if (size > maximumBytes) errors.tooLong('data', maximumBytes);
    validateType(object, data, errors);
  },
  validateUpdate(object, old, errors) {
    if (textAt(object, 'type') !== textAt(old, 'type')) errors.invalid('type', object['type'], 'field is immutable');
    validateImmutable(object, old, ['data'], errors);
  },
};

function validateType(object: JsonObject, data: JsonObject, errors: FieldErrors): void {
  const type = textAt(object, 'type');
  for (const key of requiredKeys.get(type) ?? []) if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`);
  if (type === 'kubernetes.io/service-account-token') {
    const name = objectAt(object, 'metadata', 'annotations')?.['kubernetes.io/service-account.name'];
    if (typeof name !== 'string' || name === '')
      errors.required('metadata.annotations[kubernetes.io/service-account.name]');
  }
  const hasEither = ['username', 'password'].some((key) => Object.hasOwn(data, key));
  if (type === 'kubernetes.io/basic-auth' && !hasEither) {
    errors.required('data[username]');
    errors.required('data[password]');
  }
}

function validateImmutable(object: JsonObject, old: JsonObject, fields: readonly string[], errors: FieldErrors): void {
  if (old['immutable'] !== true) return;
  const text = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) errors.forbidden('immutable', text);
  for (const field of fields) if (!equal(object[field], old[field])) errors.forbidden(field, text);
}
