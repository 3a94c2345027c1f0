/**
 * Says which volume is attached to which node, by VolumeAttachments that the attacher of each driver fulfils. The node's side of
 * it here, and what nodes leave behind in `orphaned-attachments`; what to do is planned in `attach-plan`. Nothing is mounted
 * here: kubelets do that once `status.volumesAttached` of their node has the volume, and say in `status.volumesInUse`
 * for how long.
 */
import { isAlreadyExists, isNotFound } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { CSIDriver, VolumeAttachment } from '@kubewright/api/storage/v1';
import {
  Cluster,
  Controller,
  EventRecorder,
  Reconciler,
  Watches,
  WatchesKind,
  requeueAfter,
} from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, Logger, Random, inject } from '@kubewright/core';
import type { Lifecycle } from '@kubewright/core';
import { map, merge, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { attachNews } from './attach-news.js';
import { nameFromStatus, planNode } from './attach-plan.js';
import type {
  KnownAttachment,
  NodePlan,
  NodeSurroundings,
  ReadonlyAttachment,
  ReadonlyNode,
  WantedVolume,
} from './attach-plan.js';
import { UnwantedSince } from './unwanted-since.js';
import { VolumeUsers, nodesOf } from './volume-users.js';
import { uniqueVolumeName } from './volume-names.js';

type Context = ReconcileContext<Node>;

/** Set by kubelets that leave attaching to the control plane. */
const managed = 'volumes.kubernetes.io/controller-managed-attach-detach';
/** How often a volume that another node has is looked at without any event, in milliseconds. */
const blockedPeriod = 1_000;

/**
 * The stock attach-detach controller. A subclass may override `plan`: what is attached, or how long is waited for a node that
 * does not let go. Its state is in the VolumeAttachments, so that it goes on where one before it stopped; only how long a volume
 * has been unwanted begins anew.
 */
@Controller({
  for: Node,
  reads: [PersistentVolume, PersistentVolumeClaim, CSIDriver],
  name: 'persistentvolume-attach-detach',
})
@WatchesKind(Pod, (pod) => nodesOf([pod]).map((name) => ({ name })))
@WatchesKind(VolumeAttachment, ({ spec }) => [{ name: spec.nodeName }])
@Watches((controller: AttachDetachController) => controller.changes$, (key: ObjectKey) => [key])
export class AttachDetachController extends Reconciler<Node> implements Lifecycle {
  #volumeUsers: VolumeUsers | undefined;
  #recorder: EventRecorder | undefined;
  readonly #unwantedSince = new UnwantedSince();
  /** Which node is about to get an exclusive volume, until the cache shows its attachment. */
  readonly #reserved = new Map<string, string>();
  /** What was said last about the volumes of a node, so that it is said once. */
  readonly #said = new Map<string, ReadonlySet<string>>();

  constructor(
    @inject(Cluster) protected readonly cluster: Cluster,
    @inject(Clock) protected readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
  ) {
    super();
  }

  async stop(): Promise<void> {
    await this.#recorder?.flush();
  }

  override async reconcile(node: ReadonlyNode, ctx: Context): Promise<Outcome> {
    if (node.metadata.annotations?.[managed] === undefined) return undefined;
    const surroundings = this.#surroundings(node);
    const plan = this.plan(node, surroundings);
    // Before anything is waited for: two nodes are planned at once, and neither sees the other's attachment yet.
    for (const { uniqueName, isExclusive } of plan.attach)
      if (isExclusive) this.#reserved.set(uniqueName, ctx.key.name);
    this.#tell(node, surroundings, plan);
    if (!isReported(plan, node)) await ctx.status({ volumesAttached: [...plan.volumesAttached] });
    await this.#detach(plan, ctx);
    await inTurn(plan.attach, (volume) => attach(volume, ctx));
    const again = plan.blocked.length > 0 ? blockedPeriod : plan.again;
    return again === undefined ? undefined : requeueAfter(again);
  }

  override forget({ name }: ObjectKey): void {
    this.#release(name);
    this.#said.delete(name);
    this.#unwantedSince.update(name, [], 0);
  }

  /** Decides what to do about a node. Pure: no writes here. */
  protected plan(node: ReadonlyNode, surroundings: NodeSurroundings): NodePlan {
    return planNode(node, surroundings);
  }

  /** Nodes that a change of a claim, a volume, a driver or another node's attachment concerns. */
  get changes$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    const claims = informers.informer(PersistentVolumeClaim).events$;
    const volumes = informers.informer(PersistentVolume).events$;
    const attachments = informers.informer(VolumeAttachment).events$;
    const drivers = informers.informer(CSIDriver).events$;
    return merge(
      claims.pipe(mergeMap(({ object }) => this.#users.nodesUsingClaim(object))),
      volumes.pipe(mergeMap(({ object }) => this.#users.nodesUsingVolume(object))),
      attachments.pipe(
        mergeMap(({ object }) => {
          const { persistentVolumeName } = object.spec.source;
          return this.#users.nodesUsingVolume(this.#users.volume(persistentVolumeName));
        }),
      ),
      drivers.pipe(
        mergeMap(() =>
          informers
            .informer(Node)
            .lister.list()
            .map(({ metadata }) => metadata.name ?? ''),
        ),
      ),
    ).pipe(map((name) => ({ name })));
  }

  get #users(): VolumeUsers {
    this.#volumeUsers ??= new VolumeUsers(this.cluster.informers);
    return this.#volumeUsers;
  }

  #surroundings(node: ReadonlyNode): NodeSurroundings {
    const { name = '' } = node.metadata;
    const now = this.clock.monotonic();
    // What this node was to get is in the cache by now.
    this.#release(name);
    const wanted = this.#users.wantedOn(name);
    const wantedNames = new Set(wanted.map(({ attachmentName }) => attachmentName));
    const attachments = this.#users.attachmentsOn(name);
    const since = this.#unwantedSince.update(
      name,
      attachments.map(({ metadata }) => metadata.name ?? '').filter((each) => !wantedNames.has(each)),
      now,
    );
    const known = attachments.map((object): KnownAttachment => {
      const unwantedSince = since.get(object.metadata.name ?? '') ?? now;
      return { object, uniqueName: this.#uniqueNameOf(node, object), unwantedSince };
    });
    const othersWith = ({ volumeName, uniqueName }: WantedVolume): string[] => {
      const reserved = this.#reserved.get(uniqueName);
      const nodes = [...this.#users.nodesWith(volumeName), ...(reserved === undefined ? [] : [reserved])];
      return nodes.filter((each) => each !== name);
    };
    return { wanted, attachments: known, othersWith, now };
  }

  #uniqueNameOf(node: ReadonlyNode, attachment: ReadonlyAttachment): string | undefined {
    const csi = this.#users.volume(attachment.spec.source.persistentVolumeName)?.spec?.csi;
    return csi === undefined ? nameFromStatus(node, attachment) : uniqueVolumeName(csi);
  }

  #release(nodeName: string): void {
    for (const [volume, node] of this.#reserved) if (node === nodeName) this.#reserved.delete(volume);
  }

  /**
   * The node's status says by now that the volumes are not to be mounted. A kubelet that began to mount before it saw that has
   * said so in its status before it began, hence the newest status is asked for.
   */
  async #detach({ detach }: NodePlan, ctx: Context): Promise<void> {
    if (detach.length === 0) return;
    const inUse = await volumesInUse(ctx);
    await inTurn(detach, async ({ attachment, uniqueName, isForced }) => {
      const isMounted = inUse === undefined || (uniqueName !== undefined && inUse.includes(uniqueName));
      if (isMounted && !isForced) return;
      if (isForced) ctx.logger.warn('a volume is detached without the consent of its node', { volume: uniqueName });
      await ctx.delete(VolumeAttachment, attachment);
    });
  }

  #tell(node: ReadonlyNode, surroundings: NodeSurroundings, plan: NodePlan): void {
    const { name = '' } = node.metadata;
    this.#recorder ??= this.#newRecorder();
    const before = this.#said.get(name);
    const news = attachNews(node, surroundings, plan, (volume) => this.#users.podsUsing(this.#users.volume(volume)));
    for (const { id, pod, ...event } of news) if (!before?.has(id)) this.#recorder.record(pod, event);
    this.#said.set(name, new Set(news.map(({ id }) => id)));
  }

  #newRecorder(): EventRecorder {
    const { clock, random, logger } = this;
    const controller = 'attachdetach-controller';
    return new EventRecorder({ client: this.cluster.client({ name: controller }), controller, clock, random, logger });
  }
}

/** Whether the node is told already, where an empty list is as good as none. */
function isReported({ volumesAttached }: NodePlan, { status }: ReadonlyNode): boolean {
  const before = status?.volumesAttached ?? [];
  return (
    before.length === volumesAttached.length && volumesAttached.every(({ name }, index) => name === before[index]?.name)
  );
}

/** Undefined where the node is gone: then `orphaned-attachments` gives it time. */
async function volumesInUse({ client, key, signal }: Context): Promise<readonly string[] | undefined> {
  try {
    return (await client.get(Node, key, { signal })).status?.volumesInUse ?? [];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function attach({ attachmentName, driver, volumeName }: WantedVolume, ctx: Context): Promise<void> {
  const spec = { attacher: driver, nodeName: ctx.key.name, source: { persistentVolumeName: volumeName } };
  try {
    await ctx.create(VolumeAttachment, { metadata: { name: attachmentName }, spec }, { owned: false });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** One after the other; what fails does not keep the rest waiting, as it would with every try. @throws the first failure */
async function inTurn<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const one of all) await work(one).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
