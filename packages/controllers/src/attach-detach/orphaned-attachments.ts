import { isDeleting } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { CSIDriver, VolumeAttachment } from '@kubewright/api/storage/v1';
import { Cluster, Controller, Reconciler, Watches, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject } from '@kubewright/core';
import { filter, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { longestUnmount } from './attach-plan.js';
import type { ReadonlyAttachment } from './attach-plan.js';
import { UnwantedSince } from './unwanted-since.js';
import { VolumeUsers } from './volume-users.js';

/** How often it is looked whether a node has come back or its pods have gone, in milliseconds. */
const period = 10_000;

/**
 * Detaches volumes from nodes that are gone. Nobody can say any more what such a node has mounted, so it is given the time
 * that an unhealthy one has, from when no pod of it uses the volume.
 */
@Controller({
  for: VolumeAttachment,
  reads: [Node, Pod, PersistentVolume, PersistentVolumeClaim, CSIDriver],
  name: 'orphaned-attachments',
})
@Watches((orphans: OrphanedAttachments) => orphans.removals$, (key: ObjectKey) => [key])
export class OrphanedAttachments extends Reconciler<VolumeAttachment> {
  #volumeUsers: VolumeUsers | undefined;
  readonly #since = new UnwantedSince();

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(attachment: ReadonlyAttachment, ctx: ReconcileContext<VolumeAttachment>): Promise<Outcome> {
    const { name } = ctx.key;
    const { nodeName } = attachment.spec;
    if (isDeleting(attachment) || !this.#users.isOwn(attachment)) return undefined;
    const isGone = ctx.get(Node, { name: nodeName }) === undefined;
    const isOrphan = isGone && !this.#users.wantedOn(nodeName).some((volume) => volume.attachmentName === name);
    const now = this.clock.monotonic();
    const since = this.#since.update(name, isOrphan ? [name] : [], now).get(name);
    if (!isGone) return undefined;
    if (since === undefined) return requeueAfter(period);
    const left = since + longestUnmount - now;
    if (left > 0) return requeueAfter(Math.min(left, period));
    ctx.logger.warn('a volume is detached from a node that is gone', { node: nodeName });
    await ctx.delete(VolumeAttachment, attachment);
    return undefined;
  }

  override forget({ name }: ObjectKey): void {
    this.#since.update(name, [], this.clock.monotonic());
  }

  /** The attachments of nodes that go. */
  get removals$(): Observable<ObjectKey> {
    return this.cluster.informers.informer(Node).events$.pipe(
      filter(({ type }) => type === 'deleted'),
      mergeMap(({ object }) => this.#users.attachmentsOn(object.metadata.name ?? '')),
      mergeMap(({ metadata }) => [{ name: metadata.name ?? '' }]),
    );
  }

  get #users(): VolumeUsers {
    this.#volumeUsers ??= new VolumeUsers(this.cluster.informers);
    return this.#volumeUsers;
  }
}
