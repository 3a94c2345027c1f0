import type { JsonObject } from '@kubewright/api';
import type { CachedObject } from '../../cache/cached-object.js';
import type { ServedResource } from '../../registry/served-resource.js';

/** An object in the version of the resource, for its caller to change. */
export function servedObject(resource: ServedResource, object: CachedObject): JsonObject {
  const parsed = object.parse();
  return resource.conversion?.fromStored(parsed) ?? parsed;
}
