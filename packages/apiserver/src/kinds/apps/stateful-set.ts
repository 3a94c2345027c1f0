/** StatefulSets. */
import { specOf } from '../../object/object-bytes.js';
import { validateClaimSpec } from '../core/persistent-volumes.js';
import { defaultPodTemplate } from '../core/pod-defaults.js';
import { templateWarnings } from '../core/pod-warnings.js';
import { defaultClaimSpec } from '../core/volume-defaults.js';
import { ensureObject, equal, has, keep, numberAt, objectAt, objectsAt, setDefault, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import {
  defaultNumber,
  revisionHistoryLimit,
  validateAmount,
  validateAtMostAll,
  validateSelector,
  validateTemplate,
} from './workload.js';

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export const statefulSet: Behavior = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    const strategy = ensureObject(spec, 'updateStrategy');
    if (!has(strategy, 'type')) strategy['type'] = 'RollingUpdate';
    if (textAt(strategy, 'type') === 'RollingUpdate')
      defaultNumber(ensureObject(strategy, 'rollingUpdate'), 'partition', 0);
    const retention = ensureObject(spec, 'persistentVolumeClaimRetentionPolicy');
    setDefault(retention, 'whenDeleted', 'Retain');
    setDefault(retention, 'whenScaled', 'Retain');
    defaultNumber(spec, 'replicas', 1);
    defaultNumber(spec, 'revisionHistoryLimit', revisionHistoryLimit);
    defaultPodTemplate(ensureObject(spec, 'template'));
    for (const claim of objectsAt(spec, 'volumeClaimTemplates')) {
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(claim, 'apiVersion', 'v1');
      defaultClaimSpec(ensureObject(claim, 'spec'));
      setDefault(ensureObject(claim, 'status'), 'phase', 'Pending');
    }
  },
  validate(object, errors) {
    const spec = specOf(object);
    errors.nonNegative('spec.replicas', spec['replicas']);
    errors.nonNegative('spec.minReadySeconds', spec['minReadySeconds']);
    errors.nonNegative('spec.ordinals.start', objectAt(spec, 'ordinals')?.['start']);
    if (!['OrderedReady', 'Parallel'].includes(textAt(spec, 'podManagementPolicy'))) {
      errors.invalid('spec.podManagementPolicy', spec['podManagementPolicy'], "must be 'OrderedReady' or 'Parallel'");
    }
    const strategy = objectAt(spec, 'updateStrategy');
    const type = textAt(strategy, 'type');
    const rolling = objectAt(strategy, 'rollingUpdate');
    if (type === 'OnDelete' && rolling) {
      errors.invalid('spec.updateStrategy.rollingUpdate', rolling, "only allowed for updateStrategy 'RollingUpdate'");
    } else if (type === '') errors.required('spec.updateStrategy');
    else if (type !== 'OnDelete' && type !== 'RollingUpdate') {
      errors.invalid('spec.updateStrategy', strategy ?? null, "must be 'RollingUpdate' or 'OnDelete'");
    }
    errors.nonNegative('spec.updateStrategy.rollingUpdate.partition', numberAt(rolling, 'partition'));
    validateAmount(rolling?.['maxUnavailable'], 'spec.updateStrategy.rollingUpdate.maxUnavailable', errors);
    validateAtMostAll(rolling?.['maxUnavailable'], 'spec.updateStrategy.rollingUpdate.maxUnavailable', errors);
    const retention = objectAt(spec, 'persistentVolumeClaimRetentionPolicy');
    for (const key of ['whenDeleted', 'whenScaled']) {
      errors.oneOf(`spec.persistentVolumeClaimRetentionPolicy.${key}`, retention?.[key], ['Retain', 'Delete']);
    }
    validateSelector(spec, 'statefulset', errors);
    validateTemplate(withClaimVolumes(spec), 'StatefulSet', errors);
    objectsAt(spec, 'volumeClaimTemplates').forEach((claim, index) => {
      validateClaimSpec(specOf(claim), `spec.volumeClaimTemplates[${index}].spec`, errors);
    });
  },
  warnings: templateWarnings,
  validateUpdate(object, old, errors) {
    const same = { ...specOf(object) };
    for (const key of changeable) keep(same, specOf(old), key);
    if (equal(same, specOf(old))) return;
    const fields = `'${changeable.slice(0, -1).join("', '")}' and '${changeable.at(-1) ?? ''}'`;
    errors.forbidden('spec', `updates to statefulset spec for fields other than ${fields} are forbidden`);
  },
};

/** The specification with a volume in its template for each claim template, which mounts may name. */
function withClaimVolumes(spec: ReturnType<typeof specOf>): ReturnType<typeof specOf> {
  const template = objectAt(spec, 'template');
  const pod = objectAt(template, 'spec');
  if (!template || !pod) return spec;
  const claims = objectsAt(spec, 'volumeClaimTemplates').map((claim) => textAt(objectAt(claim, 'metadata'), 'name'));
  const own = objectsAt(pod, 'volumes').filter((volume) => !claims.includes(textAt(volume, 'name')));
  const volumes = [...own, ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))];
  return { ...spec, template: { ...template, spec: { ...pod, volumes } } };
}
