/** Nodes: taints and the addresses that do not change once set. */
import { checkLabelValue, checkQualifiedName } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { equal, objectAt, objectsAt, present, stringsAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const node: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Node',
  selectable: { 'spec.unschedulable': (object) => String(objectAt(object, 'spec')?.['unschedulable'] === true) },
  defaults(object) {
    const status = objectAt(object, 'status');
    const capacity = objectAt(status, 'capacity');
    if (status && capacity && !objectAt(status, 'allocatable')) status['allocatable'] = { ...capacity };
  },
  takesStatusOnCreate: true,
  validate(object, errors) {
    const spec = specOf(object);
    validateTaints(objectsAt(spec, 'taints'), 'spec.taints', errors);
    if (
      new Set(stringsAt(spec, 'podCIDRs').map((range) => range.includes(':'))).size < stringsAt(spec, 'podCIDRs').length
    ) {
      errors.invalid('spec.podCIDRs', spec['podCIDRs'], 'may specify no more than one CIDR for each IP family');
    }
  },
  validateUpdate(object, old, errors) {
    const [spec, before] = [specOf(object), specOf(old)];
    for (const key of ['providerID', 'podCIDRs'] as const) {
      if (!present(before, key) || equal(spec[key], before[key])) continue;
      errors.forbidden(`spec.${key}`, 'node updates may not change ' + key + ' except from "" to valid');
    }
  },
};

function validateTaints(taints: readonly JsonObject[], field: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const at = `${field}[${index}]`;
    const [key, value, effect] = [textAt(taint, 'key'), textAt(taint, 'value'), textAt(taint, 'effect')];
    errors.each(`${at}.key`, key, checkQualifiedName(key));
    if (value !== '') errors.each(`${at}.value`, value, checkLabelValue(value));
    errors.oneOf(`${at}.effect`, effect, effects);
    if (seen.has(`${key}:${effect}`)) errors.duplicate(at, taint);
    seen.add(`${key}:${effect}`);
  });
}
