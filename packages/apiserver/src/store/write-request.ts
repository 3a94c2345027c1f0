import type { GroupResource } from '@kubewright/api';
import type { User } from '../auth/authenticator.js';
import type { ServedResource } from '../registry/served-resource.js';

/** What a write is about and on whose behalf it is made. */
export interface WriteRequest {
  readonly resource: ServedResource;
  /** Empty for a cluster-scoped resource. */
  readonly namespace: string;
  /** Empty for a create whose path names no object. */
  readonly name: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  readonly user: User;
  /**
   * Asked before an update creates what is absent: the right to change is none to create.
   *
   * @throws 403 where the user may not create.
   */
  authorizeCreate(): Promise<void>;
  /** Everything happens but the write. */
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** Adds a text to the warnings of the answer. */
  warn(text: string): void;
  readonly signal: AbortSignal;
}

export function groupResource({ group, plural }: ServedResource): GroupResource {
  return { group, resource: plural };
}
