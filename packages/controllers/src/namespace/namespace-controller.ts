/**
 * Empties namespaces that are being deleted, then lets them go. Pods go first and alone, so that no NetworkPolicy, Secret or
 * ServiceAccount is taken from under a pod that still runs; then everything else.
 */
import { isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Namespace, Pod } from '@kubewright/api/core/v1';
import { Cluster, Controller, Reconciler, WatchesKind, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, Logger, Metrics, inject, messageOf } from '@kubewright/core';
import { runWorkers } from '@kubewright/core/async';
import type { DiscoveredKind } from '@kubewright/informer';
import { controllersErrors } from '../errors/controllers-errors.js';
import { metadataClient } from '../metadata/metadata-client.js';
import { contentConditions, discoveryFailure, requeueDelay } from './namespace-conditions.js';
import type { ContentFailure, RemainingContent } from './namespace-conditions.js';
import { NamespaceContent, deletableKinds, isPods, resourceOf } from './namespace-content.js';

type Context = ReconcileContext<Namespace>;

interface Found {
  readonly remaining: RemainingContent[];
  readonly failures: ContentFailure[];
}

/** What holds a namespace until this controller has emptied it. */
const finalizer = 'kubernetes';
/** Kinds that are emptied at once. */
const parallelKinds = 8;

@Controller({ for: Namespace, name: 'namespace-controller', concurrency: 10, reconcileDeleting: true })
// The last pod of a namespace that is being deleted is what its deletion waits for.
@WatchesKind(Pod, (pod, { type }) =>
  type === 'deleted' && pod.metadata.namespace !== undefined ? [{ name: pod.metadata.namespace }] : [],
)
export class NamespaceController extends Reconciler<Namespace> {
  /**
   * Milliseconds between the deletion of a namespace and the look at its content. Default: 0, as one API server knows of the
   * deletion at once. Where several serve the cluster, a subclass sets 5,000, as kube-controller-manager does: until all of
   * them know, one may still create something.
   */
  protected readonly settleTime: number = 0;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
  ) {
    super();
  }

  override async reconcile(namespace: DeepReadonly<Namespace>, ctx: Context): Promise<Outcome> {
    const { deletionTimestamp } = namespace.metadata;
    if (deletionTimestamp === undefined || !namespace.spec?.finalizers?.includes(finalizer)) return undefined;
    const settled = Date.parse(deletionTimestamp) + this.settleTime - this.clock.now();
    if (this.settleTime > 0 && settled > 0) return requeueAfter(settled);
    const kinds = await this.#discover(ctx);
    const { remaining, failures } = await this.#empty(ctx, kinds);
    const isEmpty = remaining.length === 0 && failures.length === 0;
    // A namespace that is empty at the first look is not worth a status that nobody will see.
    if (isEmpty) return this.#finalize(namespace, ctx);
    await this.#report(ctx, contentConditions(remaining, failures));
    if (failures.length > 0) {
      const texts = failures.map(({ resource, message }) => `${resource}: ${message}`);
      throw controllersErrors.NAMESPACE_NOT_EMPTIED({ namespace: ctx.key.name, failures: texts });
    }
    return requeueAfter(requeueDelay(remaining));
  }

  async #discover(ctx: Context): Promise<DiscoveredKind[]> {
    try {
      return deletableKinds(await ctx.client.discovery.discover({ signal: ctx.signal }));
    } catch (error) {
      await this.#report(ctx, [discoveryFailure(messageOf(error))]);
      throw error;
    }
  }

  async #empty(ctx: Context, kinds: readonly DiscoveredKind[]): Promise<Found> {
    const { clock, logger, metrics } = this;
    const { transport } = this.cluster.client({ name: 'namespace-controller' });
    const metadata = metadataClient({
      transport,
      userAgent: 'kubewright/namespace-controller',
      clock,
      logger,
      metrics,
    });
    const content = new NamespaceContent(ctx.client, metadata, ctx.key.name, ctx.signal);
    const found: Found = { remaining: [], failures: [] };
    await deleteEach(kinds.filter(isPods), content, found);
    if (found.remaining.length > 0 || found.failures.length > 0) return found;
    await deleteEach(
      kinds.filter((kind) => !isPods(kind)),
      content,
      found,
    );
    return found;
  }

  async #report(ctx: Context, conditions: ReturnType<typeof contentConditions>): Promise<void> {
    try {
      await ctx.status({}, ...conditions);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #finalize(namespace: DeepReadonly<Namespace>, ctx: Context): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== finalizer);
    const object = { ...namespace, spec: { ...namespace.spec, finalizers } };
    try {
      await ctx.client.subresource<Namespace>(Namespace, 'finalize', Namespace).update(object, { signal: ctx.signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Deletes all of each kind, some kinds at a time, and notes what is left and what went wrong. */
async function deleteEach(kinds: readonly DiscoveredKind[], content: NamespaceContent, found: Found): Promise<void> {
  const waiting = [...kinds];
  const work = async (kind: DiscoveredKind): Promise<void> => {
    try {
      const left = await content.delete(kind);
      if (left !== undefined) found.remaining.push(left);
    } catch (error) {
      found.failures.push({ resource: resourceOf(kind), message: messageOf(error) });
    }
  };
  await runWorkers(parallelKinds, () => waiting.shift(), work);
}
