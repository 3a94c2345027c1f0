/** What must hold for a pod's specification, in a Pod and in every template of one. */
import { checkDns1123Label, checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { has, objectAt, objectsAt, present, textAt } from '../fields/fields.js';
import { validateAnnotations, validateLabelSelector, validateLabels } from '../validation/labels.js';
import { validateResourceRequirements } from '../validation/quantities.js';
import { validateContainers } from './container-validation.js';
import { validateVolumes } from './volume-validation.js';

const maximumInt32 = 2_147_483_647;

export function validatePodSpec(spec: JsonObject, field: string, errors: FieldErrors): void {
  const volumes = validateVolumes(objectsAt(spec, 'volumes'), `${field}.volumes`, errors);
  validateContainers(spec, field, volumes, errors);
  errors.oneOf(`${field}.restartPolicy`, spec['restartPolicy'], ['Always', 'OnFailure', 'Never']);
  errors.oneOf(`${field}.dnsPolicy`, spec['dnsPolicy'], ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']);
  validateLabels(spec['nodeSelector'], `${field}.nodeSelector`, errors);
  validateResourceRequirements(objectAt(spec, 'resources'), `${field}.resources`, errors);
  const deadline = spec['activeDeadlineSeconds'];
  if (typeof deadline === 'number' && (deadline < 1 || deadline > maximumInt32)) {
    errors.invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
  validateNames(spec, field, errors);
  validateTolerations(spec, `${field}.tolerations`, errors);
  validateTopology(spec, field, errors);
  validateAffinity(spec, `${field}.affinity`, errors);
  const gates = new Set<string>();
  objectsAt(spec, 'schedulingGates').forEach((gate, index) => {
    const name = textAt(gate, 'name');
    if (gates.has(name)) errors.duplicate(`${field}.schedulingGates[${index}]`, name);
    gates.add(name);
  });
  if (gates.size > 0 && present(spec, 'nodeName')) {
    errors.forbidden(`${field}.nodeName`, 'cannot be set until all schedulingGates have been cleared');
  }
}

function validateNames(spec: JsonObject, field: string, errors: FieldErrors): void {
  for (const [key, check] of [
    ['serviceAccountName', checkDns1123Subdomain],
    ['nodeName', checkDns1123Subdomain],
    ['hostname', checkDns1123Label],
    ['subdomain', checkDns1123Label],
    ['priorityClassName', checkDns1123Subdomain],
    ['runtimeClassName', checkDns1123Subdomain],
  ] as const) {
    const value = textAt(spec, key);
    if (value !== '') errors.each(`${field}.${key}`, value, check(value));
  }
}

function validateTolerations(spec: JsonObject, field: string, errors: FieldErrors): void {
  objectsAt(spec, 'tolerations').forEach((toleration, index) => {
    const at = `${field}[${index}]`;
    const operator = textAt(toleration, 'operator');
    if (operator !== '') errors.oneOf(`${at}.operator`, operator, ['Equal', 'Exists']);
    if (textAt(toleration, 'key') === '' && operator !== 'Exists') {
      errors.invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (operator === 'Exists' && textAt(toleration, 'value') !== '') {
      errors.invalid(`${at}.operator`, operator, "value must be empty when `operator` is 'Exists'");
    }
    const effect = textAt(toleration, 'effect');
    if (has(toleration, 'tolerationSeconds') && effect !== 'NoExecute') {
      errors.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (effect !== '') errors.oneOf(`${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  });
}

function validateTopology(spec: JsonObject, field: string, errors: FieldErrors): void {
  objectsAt(spec, 'topologySpreadConstraints').forEach((constraint, index) => {
    const at = `${field}.topologySpreadConstraints[${index}]`;
    errors.positive(`${at}.maxSkew`, constraint['maxSkew']);
    if (textAt(constraint, 'topologyKey') === '') errors.required(`${at}.topologyKey`, 'can not be empty');
    errors.oneOf(`${at}.whenUnsatisfiable`, constraint['whenUnsatisfiable'], ['DoNotSchedule', 'ScheduleAnyway']);
    validateLabelSelector(constraint['labelSelector'], `${at}.labelSelector`, errors);
  });
}

function validateAffinity(spec: JsonObject, field: string, errors: FieldErrors): void {
  const node = objectAt(spec, 'affinity', 'nodeAffinity');
  const needed = objectAt(node, 'requiredDuringSchedulingIgnoredDuringExecution');
  const nodeField = `${field}.nodeAffinity`;
  if (needed) {
    const at = `${nodeField}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    const terms = objectsAt(needed, 'nodeSelectorTerms');
    if (terms.length === 0) errors.required(at, 'must have at least one node selector term');
    terms.forEach((term, index) => validateNodeTerm(term, `${at}[${index}]`, errors));
  }
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const part = objectAt(spec, 'affinity', kind);
    objectsAt(part, 'requiredDuringSchedulingIgnoredDuringExecution').forEach((term, index) => {
      validatePodTerm(term, `${field}.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`, errors);
    });
    objectsAt(part, 'preferredDuringSchedulingIgnoredDuringExecution').forEach((term, index) => {
      const at = `${field}.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      validateWeight(term, at, errors);
      validatePodTerm(objectAt(term, 'podAffinityTerm') ?? {}, `${at}.podAffinityTerm`, errors);
    });
  }
  objectsAt(node, 'preferredDuringSchedulingIgnoredDuringExecution').forEach((term, index) => {
    const at = `${nodeField}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    validateWeight(term, at, errors);
    validateNodeTerm(objectAt(term, 'preference') ?? {}, `${at}.preference`, errors);
  });
}

function validateWeight(term: JsonObject, field: string, errors: FieldErrors): void {
  const weight = term['weight'];
  if (typeof weight !== 'number' || weight < 1 || weight > 100) {
    errors.invalid(`${field}.weight`, weight ?? 0, 'must be in the range 1-100');
  }
}

const nodeOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

export function validateNodeTerm(term: JsonObject, field: string, errors: FieldErrors): void {
  for (const list of ['matchExpressions', 'matchFields']) {
    objectsAt(term, list).forEach((expression, index) => {
      const at = `${field}.${list}[${index}]`;
      const operator = textAt(expression, 'operator');
      const values = Array.isArray(expression['values']) ? expression['values'].length : 0;
      if (!nodeOperators.includes(operator))
        errors.invalid(`${at}.operator`, operator, 'not a valid selector operator');
      else if (operator.endsWith('In') && values === 0) {
        errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      } else if (operator.includes('Exist') && values > 0) {
        errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      } else if ((operator === 'Gt' || operator === 'Lt') && values !== 1) {
        errors.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
    });
  }
}

function validatePodTerm(term: JsonObject, field: string, errors: FieldErrors): void {
  validateLabelSelector(term['labelSelector'], `${field}.labelSelector`, errors);
  validateLabelSelector(term['namespaceSelector'], `${field}.namespaceSelector`, errors);
  if (textAt(term, 'topologyKey') === '') errors.required(`${field}.topologyKey`, 'can not be empty');
}

/** A template: the labels and annotations its pods will have, and their specification. */
export function validatePodTemplate(template: JsonObject, field: string, errors: FieldErrors): void {
  const metadata = objectAt(template, 'metadata');
  validateLabels(metadata?.['labels'], `${field}.labels`, errors);
  validateAnnotations(metadata?.['annotations'], `${field}.annotations`, errors);
  const spec = specOf(template);
  validatePodSpec(spec, `${field}.spec`, errors);
  if (objectsAt(spec, 'ephemeralContainers').length > 0) {
    errors.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
}
