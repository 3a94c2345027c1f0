/** PersistentVolumes and claims. */
import { checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  equal,
  has,
  keep,
  objectAt,
  objectsAt,
  present,
  scalarText,
  setDefault,
  stringsAt,
  textAt,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { validateLabelSelector } from '../validation/labels.js';
import { quantityOf, validateQuantity, validateResourceList } from '../validation/quantities.js';
import { validateNodeTerm } from './pod-validation.js';
import { defaultClaimSpec, defaultDisk } from './volume-defaults.js';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];
/** What a PersistentVolume's specification holds beside its source. */
const generalFields = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

export const persistentVolume: Behavior = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    const claim = objectAt(spec, 'claimRef');
    if (claim) {
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(claim, 'apiVersion', 'v1');
    }
    defaultDisk(spec);
    setDefault(ensureObject(object, 'status'), 'phase', 'Pending');
  },
  create(object) {
    object['status'] = { phase: 'Pending' };
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateModes(spec, 'spec', errors);
    const capacity = objectAt(spec, 'capacity') ?? {};
    if (Object.keys(capacity).length === 0) errors.required('spec.capacity');
    else if (!('storage' in capacity) || Object.keys(capacity).length > 1)
      errors.notSupported('spec.capacity', capacity, ['storage']);
    validateResourceList(capacity, 'spec.capacity', errors);
    errors.oneOf('spec.persistentVolumeReclaimPolicy', spec['persistentVolumeReclaimPolicy'], [
      'Delete',
      'Recycle',
      'Retain',
    ]);
    const [source, ...more] = Object.keys(spec).filter((key) => !generalFields.has(key) && has(spec, key));
    if (source === undefined) errors.required('spec', 'must specify a volume type');
    for (const extra of more) errors.forbidden(`spec.${extra}`, 'may not specify more than 1 volume type');
    const terms = objectsAt(objectAt(spec, 'nodeAffinity', 'required'), 'nodeSelectorTerms');
    terms.forEach((term, index) =>
      validateNodeTerm(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, errors),
    );
    if (source === 'local' && terms.length === 0)
      errors.required('spec.nodeAffinity', 'Local volume requires node affinity');
  },
  validateUpdate(object, old, errors) {
    const [spec, before] = [specOf(object), specOf(old)];
    const source = (value: JsonObject) =>
      Object.fromEntries(Object.entries(value).filter(([key]) => !generalFields.has(key)));
    if (!equal(source(spec), source(before))) {
      errors.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation');
    }
    if (!equal(spec['volumeMode'], before['volumeMode']))
      errors.invalid('spec.volumeMode', spec['volumeMode'], 'field is immutable');
    if (has(before, 'nodeAffinity') && !equal(spec['nodeAffinity'], before['nodeAffinity'])) {
      errors.invalid('spec.nodeAffinity', spec['nodeAffinity'], 'field is immutable');
    }
  },
};

export const persistentVolumeClaim: Behavior = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  defaults(object) {
    defaultClaimSpec(ensureObject(object, 'spec'));
    setDefault(ensureObject(object, 'status'), 'phase', 'Pending');
  },
  create(object) {
    object['status'] = { phase: 'Pending' };
  },
  update(object, old) {
    // Clients of older versions send the data source under one name only.
    const [spec, before] = [ensureObject(object, 'spec'), ensureObject(old, 'spec')];
    if (!has(spec, 'dataSourceRef') && has(before, 'dataSourceRef') && has(spec, 'dataSource'))
      keep(spec, before, 'dataSourceRef');
  },
  validate(object, errors) {
    validateClaimSpec(specOf(object), 'spec', errors);
  },
  validateUpdate: validateClaimUpdate,
};

function validateModes(spec: JsonObject, field: string, errors: FieldErrors): void {
  const modes = stringsAt(spec, 'accessModes');
  if (modes.length === 0)
    errors.required(`${field}.accessModes`, field === 'spec' ? 'at least 1 access mode is required' : '');
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.notSupported(`${field}.accessModes`, mode, accessModes);
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    errors.forbidden(`${field}.accessModes`, 'may not use ReadWriteOncePod with other access modes');
  }
  errors.oneOf(`${field}.volumeMode`, spec['volumeMode'], volumeModes, true);
  const storageClass = textAt(spec, 'storageClassName');
  if (storageClass !== '') errors.each(`${field}.storageClassName`, storageClass, checkDns1123Subdomain(storageClass));
}

/** A claim's specification, also as a template in a StatefulSet. */
export function validateClaimSpec(spec: JsonObject, field: string, errors: FieldErrors): void {
  validateModes(spec, field, errors);
  validateLabelSelector(spec['selector'], `${field}.selector`, errors);
  const at = `${field}.resources[storage]`;
  const size = objectAt(spec, 'resources', 'requests')?.['storage'];
  if (size === undefined) errors.required(at);
  else if (validateQuantity(size, at, errors)?.isZero)
    errors.invalid(at, scalarText(size), 'must be greater than zero');
}

function validateClaimUpdate(object: JsonObject, old: JsonObject, errors: FieldErrors): void {
  const [spec, before] = [specOf(object), specOf(old)];
  const [size, former] = [
    objectAt(spec, 'resources', 'requests')?.['storage'],
    objectAt(before, 'resources', 'requests')?.['storage'],
  ];
  const bound = textAt(objectAt(old, 'status'), 'phase') === 'Bound';
  const same: JsonObject = { ...spec };
  if (!present(before, 'volumeName')) keep(same, before, 'volumeName');
  if (!has(before, 'storageClassName')) keep(same, before, 'storageClassName');
  if (bound) {
    keep(same, before, 'resources');
    keep(same, before, 'volumeAttributesClassName');
  }
  if (!equal(same, before)) {
    errors.forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    );
  }
  const reached = quantityOf(objectAt(old, 'status', 'capacity')?.['storage']);
  const [now, then] = [quantityOf(size), quantityOf(former)];
  if (
    now !== undefined &&
    then !== undefined &&
    now.compare(then) < 0 &&
    (reached === undefined || now.compare(reached) <= 0)
  ) {
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
  }
}
