/** What the kinds that run copies of a pod template have in common. */
import type { JsonObject, MutableJson } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { validatePodTemplate } from '../core/pod-validation.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, equal, has, isObject, objectAt, textAt } from '../fields/fields.js';
import { percentage } from '../validation/formats.js';
import { isEmptySelector, selectorMatches, validateLabelSelector } from '../validation/labels.js';

/** How many old revisions stay. */
export const revisionHistoryLimit = 10;

/** Sets a number that is absent; 0 is a value. */
export function defaultNumber(parent: JsonObject, key: string, value: number): void {
  if (!has(parent, key)) parent[key] = value;
}

/** @param name - the kind as its texts name it, as `deployment`. */
export function validateSelector(spec: JsonObject, name: string, errors: FieldErrors): void {
  const selector = spec['selector'];
  if (!isObject(selector)) {
    errors.required('spec.selector');
    return;
  }
  validateLabelSelector(selector, 'spec.selector', errors);
  if (isEmptySelector(selector)) errors.invalid('spec.selector', selector, `empty selector is invalid for ${name}`);
}

export function validateTemplate(spec: JsonObject, owner: string, errors: FieldErrors): void {
  const template = objectAt(spec, 'template');
  if (!template) {
    errors.required('spec.template');
    return;
  }
  const selector = spec['selector'];
  if (isObject(selector) && !isEmptySelector(selector)) {
    const labels = objectAt(template, 'metadata')?.['labels'];
    if (!selectorMatches(selector, labels)) {
      errors.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');
    }
  }
  validatePodTemplate(template, 'spec.template', errors);
  const pod = ensureObject(template, 'spec');
  const restart = textAt(pod, 'restartPolicy');
  if (['OnFailure', 'Never'].includes(restart))
    errors.notSupported('spec.template.spec.restartPolicy', restart, ['Always']);
  if (has(pod, 'activeDeadlineSeconds')) {
    errors.forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${owner} is not Supported`);
  }
}

export function validateImmutableSelector(object: JsonObject, old: JsonObject, errors: FieldErrors): void {
  const [selector, before] = [specOf(object)['selector'], specOf(old)['selector']];
  if (!equal(selector, before)) errors.invalid('spec.selector', selector, 'field is immutable');
}

/** A number, not negative, or a percentage. */
export function validateAmount(value: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (typeof value === 'string') errors.each(field, value, percentage(value));
  else if (typeof value === 'number') errors.nonNegative(field, value);
}

/** A percentage above all there is. */
export function validateAtMostAll(value: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100) {
    errors.invalid(field, value, 'must not be greater than 100%');
  }
}

export function isZeroAmount(value: MutableJson | undefined): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}
