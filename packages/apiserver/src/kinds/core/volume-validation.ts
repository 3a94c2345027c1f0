/** What must hold for a pod's volumes. */
import { checkDns1123Label } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { FieldErrors } from '../fields/field-errors.js';
import { has, objectAt, objectsAt, textAt } from '../fields/fields.js';
import { validateQuantity } from '../validation/quantities.js';

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** @returns the names of the volumes, valid or not, for the mounts that refer to them. */
export function validateVolumes(
  volumes: readonly JsonObject[],
  field: string,
  errors: FieldErrors,
): ReadonlySet<string> {
  const names = new Set<string>();
  volumes.forEach((volume, index) => {
    const at = `${field}[${index}]`;
    const name = textAt(volume, 'name');
    if (name === '') errors.required(`${at}.name`);
    else errors.each(`${at}.name`, name, checkDns1123Label(name));
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    validateSource(volume, at, errors);
  });
  return names;
}

function validateSource(volume: JsonObject, field: string, errors: FieldErrors): void {
  const [first, ...more] = Object.keys(volume).filter((key) => key !== 'name' && has(volume, key));
  if (first === undefined) errors.required(field, 'must specify a volume type');
  for (const extra of more) errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 volume type');
  const host = objectAt(volume, 'hostPath');
  if (host) {
    if (textAt(host, 'path') === '') errors.required(`${field}.hostPath.path`);
    else if (textAt(host, 'path').split('/').includes('..')) {
      errors.invalid(`${field}.hostPath.path`, host['path'], "must not contain '..'");
    }
    if (!hostPathTypes.includes(textAt(host, 'type')))
      errors.notSupported(`${field}.hostPath.type`, host['type'], hostPathTypes);
  }
  const empty = objectAt(volume, 'emptyDir');
  if (has(empty, 'sizeLimit')) validateQuantity(empty?.['sizeLimit'], `${field}.emptyDir.sizeLimit`, errors);
  const secret = objectAt(volume, 'secret');
  if (secret && textAt(secret, 'secretName') === '') errors.required(`${field}.secret.secretName`);
  const config = objectAt(volume, 'configMap');
  if (config && textAt(config, 'name') === '') errors.required(`${field}.configMap.name`);
  const claim = objectAt(volume, 'persistentVolumeClaim');
  if (claim && textAt(claim, 'claimName') === '') errors.required(`${field}.persistentVolumeClaim.claimName`);
  for (const [key, files] of [
    ['secret', secret],
    ['configMap', config],
    ['projected', objectAt(volume, 'projected')],
  ] as const) {
    if (files) validateFiles(files, `${field}.${key}`, errors);
  }
}

function validateFiles(files: JsonObject, field: string, errors: FieldErrors): void {
  validateMode(files['defaultMode'], `${field}.defaultMode`, errors);
  objectsAt(files, 'items').forEach((item, index) => {
    const at = `${field}.items[${index}]`;
    if (textAt(item, 'key') === '') errors.required(`${at}.key`);
    const path = textAt(item, 'path');
    if (path === '') errors.required(`${at}.path`);
    else if (path.startsWith('/')) errors.invalid(`${at}.path`, path, 'must be a relative path');
    else if (path.split('/').includes('..')) errors.invalid(`${at}.path`, path, "must not contain '..'");
    validateMode(item['mode'], `${at}.mode`, errors);
  });
}

function validateMode(mode: unknown, field: string, errors: FieldErrors): void {
  if (typeof mode === 'number' && (mode < 0 || mode > 0o777)) {
    errors.invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
  }
}
