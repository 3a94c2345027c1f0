/** Deployments. */
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { defaultPodTemplate } from '../core/pod-defaults.js';
import { templateWarnings } from '../core/pod-warnings.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, has, numberAt, objectAt, setDefault, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import {
  defaultNumber,
  isZeroAmount,
  revisionHistoryLimit,
  validateAmount,
  validateAtMostAll,
  validateImmutableSelector,
  validateSelector,
  validateTemplate,
} from './workload.js';

/** How much a rolling update may add and take away at a time. */
const step = '25%';
const progressDeadlineSeconds = 600;

export const deployment: Behavior = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultNumber(spec, 'replicas', 1);
    defaultNumber(spec, 'revisionHistoryLimit', revisionHistoryLimit);
    defaultNumber(spec, 'progressDeadlineSeconds', progressDeadlineSeconds);
    const strategy = ensureObject(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (textAt(strategy, 'type') === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      if (!has(rolling, 'maxUnavailable')) rolling['maxUnavailable'] = step;
      if (!has(rolling, 'maxSurge')) rolling['maxSurge'] = step;
    }
    defaultPodTemplate(ensureObject(spec, 'template'));
  },
  validate(object, errors) {
    const spec = specOf(object);
    errors.nonNegative('spec.replicas', spec['replicas']);
    validateSelector(spec, 'deployment', errors);
    validateTemplate(spec, 'ReplicaSet', errors);
    validateStrategy(objectAt(spec, 'strategy') ?? {}, errors);
    errors.nonNegative('spec.minReadySeconds', spec['minReadySeconds']);
    errors.nonNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']);
    const deadline = numberAt(spec, 'progressDeadlineSeconds');
    errors.nonNegative('spec.progressDeadlineSeconds', deadline);
    if (deadline !== undefined && deadline <= (numberAt(spec, 'minReadySeconds') ?? 0)) {
      errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
    }
  },
  validateUpdate: validateImmutableSelector,
  warnings: templateWarnings,
};

function validateStrategy(strategy: JsonObject, errors: FieldErrors): void {
  const type = textAt(strategy, 'type');
  if (type === 'Recreate') {
    if (has(strategy, 'rollingUpdate')) {
      errors.forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'");
    }
    return;
  }
  if (type !== 'RollingUpdate') {
    errors.notSupported('spec.strategy.type', type, ['Recreate', 'RollingUpdate']);
    return;
  }
  const rolling = objectAt(strategy, 'rollingUpdate');
  if (!rolling) {
    errors.required('spec.strategy.rollingUpdate', 'this should be defaulted and never be nil');
    return;
  }
  const at = 'spec.strategy.rollingUpdate';
  validateAmount(rolling['maxUnavailable'], `${at}.maxUnavailable`, errors);
  validateAmount(rolling['maxSurge'], `${at}.maxSurge`, errors);
  if (isZeroAmount(rolling['maxUnavailable']) && isZeroAmount(rolling['maxSurge'])) {
    errors.invalid(`${at}.maxUnavailable`, rolling['maxUnavailable'], 'may not be 0 when `maxSurge` is 0');
  }
  validateAtMostAll(rolling['maxUnavailable'], `${at}.maxUnavailable`, errors);
}
