/** ReplicaSets and their forerunner, ReplicationControllers. */
import type { JsonObject } from '@kubewright/api';
import { defaultPodTemplate } from '../core/pod-defaults.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, has, isObject, objectAt, scalarText } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { validateLabels } from '../validation/labels.js';
import { specOf } from '../../object/object-bytes.js';
import { defaultNumber, validateImmutableSelector, validateSelector, validateTemplate } from './workload.js';

const replicas = (object: JsonObject): string => scalarText(objectAt(object, 'status')?.['replicas'] ?? 0);

export const replicaSet: Behavior = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  generation: ['spec'],
  selectable: { 'status.replicas': replicas },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultNumber(spec, 'replicas', 1);
    const template = objectAt(spec, 'template');
    if (template) defaultPodTemplate(template);
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateCounts(spec, errors);
    validateSelector(spec, 'deployment', errors);
    validateTemplate(spec, 'ReplicaSet', errors);
  },
  validateUpdate: validateImmutableSelector,
};

export const replicationController: Behavior = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  generation: ['spec'],
  selectable: { 'status.replicas': replicas },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultNumber(spec, 'replicas', 1);
    const template = objectAt(spec, 'template');
    if (!template) return;
    defaultPodTemplate(template);
    const labels = objectAt(template, 'metadata')?.['labels'];
    if (!isObject(labels)) return;
    const metadata = ensureObject(object, 'metadata');
    if (!isObject(spec['selector']) || Object.keys(spec['selector']).length === 0) spec['selector'] = { ...labels };
    if (!has(metadata, 'labels')) metadata['labels'] = { ...labels };
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateCounts(spec, errors);
    const selector = objectAt(spec, 'selector') ?? {};
    if (Object.keys(selector).length === 0) errors.required('spec.selector');
    validateLabels(selector, 'spec.selector', errors);
    validateTemplate({ ...spec, selector: { matchLabels: selector } }, 'ReplicationController', errors);
  },
};

function validateCounts(spec: JsonObject, errors: FieldErrors): void {
  errors.nonNegative('spec.replicas', spec['replicas']);
  errors.nonNegative('spec.minReadySeconds', spec['minReadySeconds']);
}
