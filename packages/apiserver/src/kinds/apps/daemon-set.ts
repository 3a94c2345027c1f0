/** DaemonSets and the revisions that they and StatefulSets keep. */
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { defaultPodTemplate } from '../core/pod-defaults.js';
import { templateWarnings } from '../core/pod-warnings.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, equal, has, objectAt, setDefault, textAt } from '../fields/fields.js';
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

export const daemonSet: Behavior = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const strategy = ensureObject(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (textAt(strategy, 'type') === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      if (!has(rolling, 'maxUnavailable')) rolling['maxUnavailable'] = 1;
      if (!has(rolling, 'maxSurge')) rolling['maxSurge'] = 0;
    }
    defaultNumber(spec, 'revisionHistoryLimit', revisionHistoryLimit);
    defaultPodTemplate(ensureObject(spec, 'template'));
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateSelector(spec, 'daemonset', errors);
    validateTemplate(spec, 'DaemonSet', errors);
    errors.nonNegative('spec.minReadySeconds', spec['minReadySeconds']);
    errors.nonNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']);
    validateStrategy(objectAt(spec, 'updateStrategy') ?? {}, errors);
  },
  validateUpdate: validateImmutableSelector,
  warnings: templateWarnings,
};

function validateStrategy(strategy: JsonObject, errors: FieldErrors): void {
  const type = textAt(strategy, 'type');
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    errors.notSupported('spec.updateStrategy.type', type, ['OnDelete', 'RollingUpdate']);
    return;
  }
  const at = 'spec.updateStrategy.rollingUpdate';
  const rolling = objectAt(strategy, 'rollingUpdate') ?? {};
  for (const key of ['maxUnavailable', 'maxSurge']) {
    validateAmount(rolling[key], `${at}.${key}`, errors);
    validateAtMostAll(rolling[key], `${at}.${key}`, errors);
  }
  const [none, surge] = [isZeroAmount(rolling['maxUnavailable']), !isZeroAmount(rolling['maxSurge'])];
  if (!none && surge)
    errors.invalid(`${at}.maxSurge`, rolling['maxSurge'], 'may not be set when maxUnavailable is non-zero');
  if (none && !surge) errors.required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
}

export const controllerRevision: Behavior = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  validate(object, errors) {
    errors.nonNegative('revision', object['revision']);
    if (!has(object, 'data')) errors.required('data', 'data is mandatory');
  },
  validateUpdate(object, old, errors) {
    if (!equal(object['data'], old['data'])) errors.invalid('data', object['data'], 'field is immutable');
  },
};
