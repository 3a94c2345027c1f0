/** PodDisruptionBudgets. */
import { ensureObject, has } from '../fields/fields.js';
import { specOf } from '../../object/object-bytes.js';
import { validateAmount, validateAtMostAll } from '../apps/workload.js';
import type { Behavior } from '../strategy/behavior.js';
import { validateLabelSelector } from '../validation/labels.js';

export const podDisruptionBudget: Behavior = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  generation: ['spec'],
  defaults(object) {
    ensureObject(object, 'spec');
  },
  validate(object, errors) {
    const spec = specOf(object);
    if (has(spec, 'minAvailable') && has(spec, 'maxUnavailable')) {
      errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
    }
    for (const key of ['minAvailable', 'maxUnavailable']) {
      validateAmount(spec[key], `spec.${key}`, errors);
      validateAtMostAll(spec[key], `spec.${key}`, errors);
    }
    validateLabelSelector(spec['selector'], 'spec.selector', errors);
    errors.oneOf(
      'spec.unhealthyPodEvictionPolicy',
      spec['unhealthyPodEvictionPolicy'],
      ['AlwaysAllow', 'IfHealthyBudget'],
      true,
    );
  },
};
