import type { Schema } from '@kubewright/api';
import type { ApiResource } from '@kubewright/api/schemas';

/** A resource as it is served now: a built-in one, or one of a custom resource definition. */
export interface ServedResource extends ApiResource {
  /** The schema that a custom resource's definition gives; absent for built-in kinds. */
  readonly schema?: Schema;
  /** The version that objects are stored in. Default: the resource's own. */
  readonly storageVersion?: string;
}
