/** Pods: defaults, what an update may change, and how long a deleted pod stays for its kubelet. */
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  equal,
  has,
  keep,
  numberAt,
  objectAt,
  objectsAt,
  present,
  textAt,
  without,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { defaultPod } from './pod-defaults.js';
import { validatePodSpec } from './pod-validation.js';
import { qosClassOf } from './pod-qos.js';
import { podWarnings } from './pod-warnings.js';

const updateRule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,' +
  '`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const field = (key: string) => (pod: JsonObject) => textAt(objectAt(pod, 'spec'), key);

export const pod: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  generation: ['spec'],
  selectable: {
    'spec.nodeName': field('nodeName'),
    'spec.restartPolicy': field('restartPolicy'),
    'spec.schedulerName': field('schedulerName'),
    'spec.serviceAccountName': field('serviceAccountName'),
    'spec.hostNetwork': (object) => String(objectAt(object, 'spec')?.['hostNetwork'] === true),
    'status.phase': (object) => textAt(objectAt(object, 'status'), 'phase'),
    'status.podIP': (object) => textAt(objectAt(object, 'status'), 'podIP'),
    'status.nominatedNodeName': (object) => textAt(objectAt(object, 'status'), 'nominatedNodeName'),
  },
  defaults: defaultPod,
  create(object) {
    const spec = ensureObject(object, 'spec');
    object['status'] = { phase: 'Pending', qosClass: qosClassOf(spec) };
    if (objectsAt(spec, 'schedulingGates').length > 0) {
      const [reason, message] = ['SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'];
      object['status']['conditions'] = [{ type: 'PodScheduled', status: 'False', reason, message }];
    }
  },
  validate(object, errors) {
    validatePodSpec(specOf(object), 'spec', errors);
  },
  validateUpdate(object, old, errors) {
    validatePodUpdate(specOf(object), specOf(old), errors);
  },
  warnings(object) {
    return podWarnings(specOf(object), 'spec');
  },
  gracePeriod(object, { gracePeriodSeconds }) {
    const spec = objectAt(object, 'spec');
    const phase = textAt(objectAt(object, 'status'), 'phase');
    if (!present(spec, 'nodeName') || phase === 'Failed' || phase === 'Succeeded') return 0;
    const period = gracePeriodSeconds ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
    return period < 0 ? 1 : period;
  },
};

/** Compares the pods with everything that may differ made the same. */
function validatePodUpdate(spec: JsonObject, old: JsonObject, errors: FieldErrors): void {
  for (const list of ['containers', 'initContainers']) {
    if (objectsAt(spec, list).length !== objectsAt(old, list).length) {
      errors.forbidden(`spec.${list}`, 'pod updates may not add or remove containers');
      return;
    }
  }
  const gated = objectsAt(old, 'schedulingGates').length > 0;
  validateDeadline(spec, old, errors);
  validateTolerationAdditions(spec, old, errors);
  const gates = new Set(objectsAt(old, 'schedulingGates').map((gate) => textAt(gate, 'name')));
  if (objectsAt(spec, 'schedulingGates').some((gate) => !gates.has(textAt(gate, 'name')))) {
    errors.forbidden('spec.schedulingGates', 'only deletion is allowed, but found new scheduling gates');
  }
  const same: JsonObject = { ...spec };
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) keep(same, old, key);
  if ((numberAt(old, 'terminationGracePeriodSeconds') ?? 0) < 0 && spec['terminationGracePeriodSeconds'] === 1) {
    keep(same, old, 'terminationGracePeriodSeconds');
  }
  if (gated) for (const key of ['nodeSelector', 'affinity']) keep(same, old, key);
  for (const list of ['containers', 'initContainers']) {
    const before = objectsAt(old, list);
    if (has(spec, list)) {
      same[list] = objectsAt(spec, list).map((container, index) => {
        if (textAt(container, 'image') === '') errors.required(`spec.${list}[${index}].image`);
        return { ...container, image: textAt(before[index], 'image') };
      });
    }
  }
  const changed = [...new Set([...Object.keys(same), ...Object.keys(old)])].filter(
    (key) => !equal(same[key], old[key]),
  );
  if (changed.length === 0) return;
  const lines = changed.map(
    (key) => `- ${key}: ${JSON.stringify(old[key] ?? null)}\n+ ${key}: ${JSON.stringify(spec[key] ?? null)}`,
  );
  errors.forbidden('spec', `${updateRule}\n${lines.join('\n')}\n`);
}

function validateDeadline(spec: JsonObject, old: JsonObject, errors: FieldErrors): void {
  const at = 'spec.activeDeadlineSeconds';
  const [deadline, before] = [numberAt(spec, 'activeDeadlineSeconds'), numberAt(old, 'activeDeadlineSeconds')];
  if (before === undefined) return;
  if (deadline === undefined) errors.invalid(at, null, 'must not update from a positive integer to nil value');
  else if (deadline > before) errors.invalid(at, deadline, 'must be less than or equal to previous value');
}

function validateTolerationAdditions(spec: JsonObject, old: JsonObject, errors: FieldErrors): void {
  const now = objectsAt(spec, 'tolerations').map((toleration) => without(toleration, 'tolerationSeconds'));
  for (const toleration of objectsAt(old, 'tolerations')) {
    if (now.some((candidate) => equal(candidate, without(toleration, 'tolerationSeconds')))) continue;
    errors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
    return;
  }
}
