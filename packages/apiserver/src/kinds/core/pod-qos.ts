import { Quantity } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { objectAt, objectsAt } from '../fields/fields.js';
import { quantityOf } from '../validation/quantities.js';

/**
 * A pod's quality of service: Guaranteed where every container's (or the pod's own) CPU and memory requests equal their
 * limits, BestEffort where none asks for either, Burstable otherwise.
 */
export function qosClassOf(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const own = objectAt(spec, 'resources');
  const subjects = own
    ? [own]
    : [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')].map(
        (item) => objectAt(item, 'resources') ?? {},
      );
  let asked = false;
  let guaranteed = subjects.length > 0;
  for (const resources of subjects) {
    for (const name of ['cpu', 'memory']) {
      const request = quantityOf(objectAt(resources, 'requests')?.[name]) ?? Quantity.zero;
      const limit = quantityOf(objectAt(resources, 'limits')?.[name]) ?? Quantity.zero;
      asked ||= !request.isZero || !limit.isZero;
      guaranteed &&= !limit.isZero && request.compare(limit) === 0;
    }
  }
  if (!asked) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
