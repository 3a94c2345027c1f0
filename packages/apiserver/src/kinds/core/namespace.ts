/** Namespaces: the finalizer that holds one until its contents are gone, its phase and its name as a label. */
import { ensureObject, has, keep, objectAt, setDefault, stringsAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

export const namespace: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  nameFormat: 'label',
  selectable: { 'status.phase': (object) => textAt(objectAt(object, 'status'), 'phase') },
  defaults(object) {
    const metadata = ensureObject(object, 'metadata');
    const name = textAt(metadata, 'name');
    if (name !== '') ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = name;
    setDefault(ensureObject(object, 'status'), 'phase', 'Active');
  },
  create(object) {
    object['status'] = { phase: 'Active' };
    const spec = ensureObject(object, 'spec');
    const finalizers = stringsAt(spec, 'finalizers');
    spec['finalizers'] = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
  },
  update(object, old) {
    const spec = ensureObject(object, 'spec');
    const before = ensureObject(old, 'spec');
    // Only the finalize subresource changes the finalizers of the specification.
    if (has(spec, 'finalizers') || has(before, 'finalizers')) keep(spec, before, 'finalizers');
  },
};
