/** Storage classes and what describes CSI drivers. */
import { checkDns1123Subdomain, checkQualifiedName } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { ensureObject, equal, has, objectAt, objectsAt, setDefault, stringsAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

const group = 'storage.k8s.io';

export const storageClass: Behavior = {
  group,
  version: 'v1',
  kind: 'StorageClass',
  defaults(object) {
    setDefault(object, 'reclaimPolicy', 'Delete');
    setDefault(object, 'volumeBindingMode', 'Immediate');
  },
  validate(object, errors) {
    const provisioner = textAt(object, 'provisioner');
    if (provisioner === '') errors.required('provisioner');
    else errors.each('provisioner', provisioner, checkQualifiedName(provisioner.toLowerCase()));
    errors.oneOf('reclaimPolicy', object['reclaimPolicy'], ['Delete', 'Retain']);
    errors.oneOf('volumeBindingMode', object['volumeBindingMode'], ['Immediate', 'WaitForFirstConsumer']);
  },
  validateUpdate(object, old, errors) {
    for (const key of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
      if (equal(object[key], old[key])) continue;
      if (key === 'provisioner' || key === 'parameters') errors.forbidden(key, `updates to ${key} are forbidden.`);
      else errors.invalid(key, object[key], 'field is immutable');
    }
  },
};

export const csiDriver: Behavior = {
  group,
  version: 'v1',
  kind: 'CSIDriver',
  allowUnconditionalUpdate: false,
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    if (!has(spec, 'attachRequired')) spec['attachRequired'] = true;
    for (const key of ['podInfoOnMount', 'storageCapacity', 'requiresRepublish', 'seLinuxMount']) {
      if (!has(spec, key)) spec[key] = false;
    }
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    if (stringsAt(spec, 'volumeLifecycleModes').length === 0) spec['volumeLifecycleModes'] = ['Persistent'];
  },
  validate(object, errors) {
    const spec = specOf(object);
    errors.oneOf('spec.fsGroupPolicy', spec['fsGroupPolicy'], ['File', 'None', 'ReadWriteOnceWithFSType']);
    for (const mode of stringsAt(spec, 'volumeLifecycleModes')) {
      errors.oneOf('spec.volumeLifecycleModes', mode, ['Ephemeral', 'Persistent']);
    }
  },
  validateUpdate(object, old, errors) {
    for (const key of ['attachRequired', 'volumeLifecycleModes']) {
      const value = objectAt(object, 'spec')?.[key];
      if (!equal(value, objectAt(old, 'spec')?.[key])) errors.invalid(`spec.${key}`, value, 'field is immutable');
    }
  },
};

export const csiNode: Behavior = {
  group,
  version: 'v1',
  kind: 'CSINode',
  allowUnconditionalUpdate: false,
  validate(object, errors) {
    const names = new Set<string>();
    objectsAt(objectAt(object, 'spec'), 'drivers').forEach((driver, index) => {
      const at = `spec.drivers[${index}]`;
      const name = textAt(driver, 'name');
      if (name === '') errors.required(`${at}.name`);
      else errors.each(`${at}.name`, name, checkDns1123Subdomain(name.toLowerCase()));
      if (names.has(name)) errors.duplicate(`${at}.name`, name);
      names.add(name);
      if (textAt(driver, 'nodeID') === '') errors.required(`${at}.nodeID`);
    });
  },
};

export const volumeAttachment: Behavior = {
  group,
  version: 'v1',
  kind: 'VolumeAttachment',
  allowUnconditionalUpdate: false,
  validate(object, errors) {
    const spec = specOf(object);
    for (const key of ['attacher', 'nodeName']) if (textAt(spec, key) === '') errors.required(`spec.${key}`);
    const source = objectAt(spec, 'source') ?? {};
    if (!has(source, 'persistentVolumeName') && !has(source, 'inlineVolumeSpec')) {
      errors.required('spec.source', 'must specify one of inlineVolumeSpec and persistentVolumeName');
    }
  },
  validateUpdate(object, old, errors) {
    if (!equal(object['spec'], old['spec'])) errors.invalid('spec', object['spec'], 'field is immutable');
  },
};

export const volumeAttributesClass: Behavior = {
  group,
  version: 'v1',
  kind: 'VolumeAttributesClass',
  validate(object, errors) {
    if (textAt(object, 'driverName') === '') errors.required('driverName');
  },
  validateUpdate(object, old, errors) {
    for (const key of ['driverName', 'parameters']) {
      if (!equal(object[key], old[key])) errors.forbidden(key, `updates to ${key} are forbidden.`);
    }
  },
};
