/** What a Deployment's plan may ask for. Plans are data: a subclass filters or adds, the controller executes. */
import type { DeploymentStatus, ReplicaSet } from '@kubewright/api/apps/v1';
import type { PodTemplateSpec } from '@kubewright/api/core/v1';
import type { ReadonlyReplicaSet } from './annotations.js';

export type DeploymentAction =
  | { readonly do: 'createReplicaSet'; readonly replicaSet: ReplicaSet }
  /** Sets the size, and what it was scaled for. */
  | {
      readonly do: 'scale';
      readonly replicaSet: ReadonlyReplicaSet;
      readonly replicas: number;
      readonly annotations: Readonly<Record<string, string>>;
    }
  /** Brings annotations and minReadySeconds of the new ReplicaSet up to date. */
  | {
      readonly do: 'refresh';
      readonly replicaSet: ReadonlyReplicaSet;
      readonly annotations: Readonly<Record<string, string>>;
      readonly minReadySeconds: number;
    }
  | { readonly do: 'deleteReplicaSet'; readonly replicaSet: ReadonlyReplicaSet }
  /** Writes the Deployment's own revision annotation. */
  | { readonly do: 'setRevision'; readonly revision: bigint }
  /** Puts an earlier template back and removes the request to do so. */
  | {
      readonly do: 'rollback';
      readonly revision: bigint;
      readonly template: PodTemplateSpec;
      readonly annotations: Readonly<Record<string, string>>;
    }
  /** Removes a rollback request that cannot be met. */
  | {
      readonly do: 'dropRollback';
      readonly reason: 'DeploymentRollbackRevisionNotFound' | 'DeploymentRollbackTemplateUnchanged';
      readonly message: string;
    }
  | { readonly do: 'updateStatus'; readonly status: DeploymentStatus };

export interface DeploymentPlan {
  readonly actions: readonly DeploymentAction[];
  /** Milliseconds after which time alone may change the plan: a progress deadline. */
  readonly requeueAfter?: number;
}
