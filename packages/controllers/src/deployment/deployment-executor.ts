/** Carries out what a Deployment's plan asks for, one action after the other, and tells about it in events. */
import { isAlreadyExists, isControlledBy, isNamespaceTerminating, isNotFound } from '@kubewright/api';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import type { DeploymentStatus } from '@kubewright/api/apps/v1';
import type { ReconcileContext } from '@kubewright/controller';
import { messageOf } from '@kubewright/core';
import { isSameTemplate } from '../templates/pod-template.js';
import type { DeploymentAction } from './actions.js';
import { revisionAnnotation, rollbackAnnotation } from './annotations.js';
import type { ReadonlyDeployment } from './annotations.js';
import { specReplicas } from './replica-sets.js';

type Context = ReconcileContext<Deployment>;
type Create = Extract<DeploymentAction, { readonly do: 'createReplicaSet' }>;
type Scale = Extract<DeploymentAction, { readonly do: 'scale' }>;
type Rollback = Extract<DeploymentAction, { readonly do: 'rollback' }>;

export class DeploymentExecutor {
  constructor(
    private readonly deployment: ReadonlyDeployment,
    private readonly ctx: Context,
    /** The status to write where the new ReplicaSet cannot be created. */
    private readonly statusOfFailure: (message: string) => DeploymentStatus | undefined,
  ) {}

  /** Stops early where the rest of the plan has lost its ground: the run after it plans anew. */
  async execute(actions: readonly DeploymentAction[]): Promise<void> {
    for (const action of actions) if ((await this.#do(action)) === 'stop') return;
  }

  async #do(action: DeploymentAction): Promise<'stop' | undefined> {
    const { deployment, ctx } = this;
    switch (action.do) {
      case 'createReplicaSet':
        return this.#create(action);
      case 'scale':
        return this.#scale(action);
      case 'refresh': {
        const { replicaSet, annotations, minReadySeconds } = action;
        const { resourceVersion } = replicaSet.metadata;
        await ctx.patch(ReplicaSet, replicaSet, {
          metadata: { resourceVersion, annotations },
          spec: { minReadySeconds },
        });
        return undefined;
      }
      case 'deleteReplicaSet':
        await ctx.delete(ReplicaSet, action.replicaSet);
        return undefined;
      case 'setRevision':
        await ctx.patch(Deployment, deployment, {
          metadata: { uid: deployment.metadata.uid, annotations: { [revisionAnnotation]: String(action.revision) } },
        });
        return undefined;
      case 'rollback':
        await this.#rollBack(action);
        return undefined;
      case 'dropRollback':
        await ctx.patch(Deployment, deployment, {
          metadata: { uid: deployment.metadata.uid, annotations: { [rollbackAnnotation]: null } },
        });
        ctx.event('Warning', action.reason, action.message);
        return undefined;
      case 'updateStatus':
        await this.#updateStatus(action.status);
        return undefined;
    }
  }

  async #create({ replicaSet }: Create): Promise<'stop' | undefined> {
    const { ctx } = this;
    try {
      await ctx.create(ReplicaSet, replicaSet);
    } catch (error) {
      // All goes away with the namespace: nothing is missing then.
      if (isNamespaceTerminating(error)) return 'stop';
      if (isAlreadyExists(error)) return this.#resolveCollision(replicaSet, error);
      const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${messageOf(error)}`;
      ctx.event('Warning', 'ReplicaSetCreateError', message);
      const status = this.statusOfFailure(message);
      if (status !== undefined) await this.#updateStatus(status);
      throw error;
    }
    const size = replicaSet.spec?.replicas ?? 1;
    if (size > 0)
      ctx.event('Normal', 'ScalingReplicaSet', `Scaled up replica set ${replicaSet.metadata.name} from 0 to ${size}`);
    return undefined;
  }

  /** The name is taken: by what was wanted, which the cache does not show yet, or by something else. Then the next name is tried. */
  async #resolveCollision({ metadata: { name = '', namespace }, spec }: ReplicaSet, error: unknown): Promise<'stop'> {
    const { ctx, deployment } = this;
    let existing: ReplicaSet;
    try {
      existing = await ctx.client.get(ReplicaSet, { name, namespace }, { signal: ctx.signal });
    } catch (failed) {
      throw isNotFound(failed) ? error : failed;
    }
    const isOurs =
      isControlledBy(existing, deployment) && isSameTemplate(existing.spec?.template ?? {}, spec?.template ?? {});
    if (!isOurs) await ctx.status({ collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
    return 'stop';
  }

  async #scale({ replicaSet, replicas, annotations }: Scale): Promise<undefined> {
    const { ctx } = this;
    const { name, resourceVersion } = replicaSet.metadata;
    const before = specReplicas(replicaSet);
    // With the revision that the plan was made on: a size that somebody else set meanwhile is not overwritten unseen.
    await ctx.patch(ReplicaSet, replicaSet, { metadata: { resourceVersion, annotations }, spec: { replicas } });
    if (replicas === before) return;
    ctx.event(
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${replicas > before ? 'up' : 'down'} replica set ${name} from ${before} to ${replicas}`,
    );
  }

  async #rollBack({ revision, template, annotations }: Rollback): Promise<void> {
    const { ctx, deployment } = this;
    const { metadata, spec } = deployment;
    // The whole object: a merge would keep those parts of today's template that the old one does not have.
    await ctx.update(Deployment, {
      ...deployment,
      metadata: { ...metadata, annotations },
      spec: { selector: {}, ...spec, template },
    });
    ctx.event('Normal', 'DeploymentRollback', `Rolled back deployment "${metadata.name}" to revision ${revision}`);
  }

  #updateStatus(status: DeploymentStatus): Promise<void> {
    return this.ctx.status(status);
  }
}
