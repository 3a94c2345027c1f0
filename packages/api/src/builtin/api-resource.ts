/**
 * The built-in kinds as a server knows them: which resources there are, and their schemas. Their object types are
 * generated.
 */
import type { GroupVersionKind, Kind } from '../kind/kind.js';

/** A path below an object of a resource, as `status` or `scale`. */
export interface ApiSubresource {
  readonly name: string;
  /** What its requests and answers carry; for `exec` and its like, the options. */
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
}

/** A kind as an API server serves it: what discovery tells of it. */
export interface ApiResource extends Kind {
  /** Sorted, as `create`, `deletecollection`, `watch`. */
  readonly verbs: readonly string[];
  readonly subresources: readonly ApiSubresource[];
}
