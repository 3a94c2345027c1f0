/** HorizontalPodAutoscalers in the two versions that are served. */
import { checkPathSegmentName } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { defaultNumber } from '../apps/workload.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, has, numberAt, objectAt, objectsAt, setDefault, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

/** The target for CPU use where no metric is named, in percent of the request. */
const defaultUtilization = 80;
const upPolicies = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const downPolicies = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

export const horizontalPodAutoscaler: Behavior = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultNumber(spec, 'minReplicas', 1);
    if (objectsAt(spec, 'metrics').length === 0) {
      const target = { type: 'Utilization', averageUtilization: defaultUtilization };
      spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    const behavior = objectAt(spec, 'behavior');
    if (!behavior) return;
    for (const [direction, policies] of [['scaleUp', upPolicies] as const, ['scaleDown', downPolicies] as const]) {
      const rules = ensureObject(behavior, direction);
      setDefault(rules, 'selectPolicy', 'Max');
      if (direction === 'scaleUp') defaultNumber(rules, 'stabilizationWindowSeconds', 0);
      if (objectsAt(rules, 'policies').length === 0) rules['policies'] = policies.map((policy) => ({ ...policy }));
    }
  },
  validate: validateScaling,
};

export const horizontalPodAutoscalerV1: Behavior = {
  ...horizontalPodAutoscaler,
  version: 'v1',
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultNumber(spec, 'minReplicas', 1);
    defaultNumber(spec, 'targetCPUUtilizationPercentage', defaultUtilization);
  },
};

function validateScaling(object: JsonObject, errors: FieldErrors): void {
  const spec = specOf(object);
  const [least, most] = [numberAt(spec, 'minReplicas'), numberAt(spec, 'maxReplicas') ?? 0];
  if (least !== undefined && least < 1) errors.invalid('spec.minReplicas', least, 'must be greater than or equal to 1');
  if (most < 1) errors.invalid('spec.maxReplicas', most, 'must be greater than 0');
  if (least !== undefined && most < least) {
    errors.invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`');
  }
  const target = objectAt(spec, 'scaleTargetRef');
  for (const key of ['kind', 'name']) {
    const value = textAt(target, key);
    if (value === '') errors.required(`spec.scaleTargetRef.${key}`);
    else errors.each(`spec.scaleTargetRef.${key}`, value, checkPathSegmentName(value));
  }
  objectsAt(spec, 'metrics').forEach((metric, index) => {
    const at = `spec.metrics[${index}]`;
    errors.oneOf(`${at}.type`, metric['type'], ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']);
    const type = textAt(metric, 'type');
    const source = type === '' ? '' : (type[0] ?? '').toLowerCase() + type.slice(1);
    if (source !== '' && !has(metric, source)) {
      errors.required(`${at}.${source}`, 'must populate information for the given metric source');
    }
  });
}
