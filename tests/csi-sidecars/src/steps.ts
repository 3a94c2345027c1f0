import type { ApiRequest } from '@kubewright/informer';
import { writeTarget } from './request-target.js';

/** What the sidecars certainly do in the story. Changes of finalizers and statuses come on top. */
export const steps = [
  'call createVolume',
  'POST persistentvolumes',
  'call controllerPublishVolume',
  'call controllerUnpublishVolume',
  'call controllerExpandVolume',
  'PATCH persistentvolumes spec.capacity',
  'POST volumesnapshotcontents',
  'call createSnapshot',
  'DELETE volumesnapshotcontents',
  'call deleteSnapshot',
  'DELETE persistentvolumes',
  'call deleteVolume',
] as const;

/** The name of a write, by what it is to and which fields it has; undefined for what changes no volume, as events. */
export function stepOf(request: ApiRequest): string | undefined {
  const target = writeTarget(request);
  if (target === undefined || target.resource === 'events') return undefined;
  const { method, body = '' } = request;
  return `${method} ${target.resource}${method === 'PATCH' ? ` ${changes(body)}` : ''}`;
}

/** The changed fields of a merge patch; finalizers as how many there are then, since adding and removing are two steps. */
function changes(body: Uint8Array | string): string {
  const patch = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString()) as Record<string, object>;
  return Object.entries(patch)
    .flatMap(([part, fields]) =>
      Object.entries(fields).map(([field, value]) =>
        field === 'finalizers' ? `${field}(${(value as readonly string[]).length})` : `${part}.${field}`,
      ),
    )
    .filter((field) => field !== 'metadata.resourceVersion' && field !== 'metadata.uid')
    .join(' ');
}
