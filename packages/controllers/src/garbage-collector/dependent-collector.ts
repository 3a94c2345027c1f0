/**
 * What the garbage collector does about one node: it asks the server about the object and its owners, and acts on the answer
 * alone. Every write names the uid and the revision that the decision was made on.
 */
import type { KubeObject } from '@kubewright/api';
import { classifyOwners, judge } from './classify-owners.js';
import { unreachable } from './live-objects.js';
import type { LiveObjects } from './live-objects.js';
import { referencedIdentity } from './object-identity.js';
import type { ObjectIdentity, ReadonlyOwnerReference } from './object-identity.js';
import { foregroundFinalizer, orphanFinalizer } from './owner-graph.js';
import type { GraphChanges, GraphNode, OwnerGraph } from './owner-graph.js';

export interface DependentCollectorOptions {
  readonly graph: OwnerGraph;
  readonly live: LiveObjects;
  /** Takes on what changes of the graph ask for. */
  readonly follow: (changes: GraphChanges) => void;
  /** Puts a node into the queue. */
  readonly look: (node: GraphNode) => void;
}

export class DependentCollector {
  constructor(private readonly options: DependentCollectorOptions) {}

  /**
   * Finds out whether a node's object may go, and lets it go.
   *
   * @returns `again` where the node has to be looked at later without anything having happened.
   */
  async collect(node: GraphNode): Promise<'done' | 'again'> {
    const { live } = this.options;
    if (node.isDeleting && !node.isDeletingDependents) return 'done';
    const object = await live.get(node.identity);
    if (object === unreachable) return 'done';
    if (object === undefined) {
      this.#markAbsent(node);
      return 'done';
    }
    // Its watch will show it. Until then it stays queued: an object that came and went unseen would otherwise stay in the graph.
    if (node.isVirtual) return 'again';
    if (node.isDeletingDependents) await this.#finishForeground(node, object);
    else await this.#collect(node, object);
    return 'done';
  }

  /** Takes a node off its dependents, then lets it go. */
  async orphan(node: GraphNode): Promise<void> {
    const { uid } = node.identity;
    await Promise.all([...node.dependents].map((dependent) => this.#removeOwners(dependent.identity, new Set([uid]))));
    await this.#removeFinalizer(node.identity, orphanFinalizer);
  }

  async #collect(node: GraphNode, object: KubeObject): Promise<void> {
    const { live } = this.options;
    const references = object.metadata.ownerReferences ?? [];
    const owners: (readonly [ReadonlyOwnerReference, KubeObject | undefined])[] = [];
    for (const reference of references) {
      const owner = await this.#owner(node.identity, reference);
      if (owner === unreachable) return;
      owners.push([reference, owner]);
    }
    const verdict = judge(object, classifyOwners(owners), node.dependents);
    if (verdict.do === 'keep') return;
    if (verdict.do === 'dropOwners') {
      await live.patch(node.identity, object, {
        ownerReferences: references.filter(({ uid }) => !verdict.uids.has(uid)),
      });
      return;
    }
    // Breaks the circle: its owner no longer waits for it. The patch brings the node back for its deletion.
    if (verdict.unblocksOwners && references.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true)) {
      const ownerReferences = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
      await live.patch(node.identity, object, { ownerReferences });
      this.options.look(node);
      return;
    }
    await live.delete(node.identity, object, verdict.policy);
  }

  /** The owner behind a reference of an object; undefined where there is none. */
  async #owner(
    dependent: ObjectIdentity,
    reference: ReadonlyOwnerReference,
  ): Promise<KubeObject | undefined | typeof unreachable> {
    const { live, graph } = this.options;
    const identity = referencedIdentity(reference, dependent.namespace);
    if (graph.absentOwners.has(identity)) return undefined;
    const owner = await live.get(identity);
    if (owner === undefined) graph.absentOwners.add(identity);
    return owner;
  }

  /** A foreground deletion ends when no dependent blocks it any more; until then its dependents are pushed. */
  async #finishForeground(node: GraphNode, object: KubeObject): Promise<void> {
    const blocking = [...node.dependents].filter((dependent) =>
      dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.identity.uid && blockOwnerDeletion === true),
    );
    if (blocking.length === 0) {
      await this.#removeFinalizer(node.identity, foregroundFinalizer, object);
      return;
    }
    for (const dependent of blocking) if (!dependent.isDeletingDependents) this.options.look(dependent);
  }

  async #removeOwners(identity: ObjectIdentity, uids: ReadonlySet<string>): Promise<void> {
    const { live } = this.options;
    const object = await live.get(identity);
    if (object === undefined || object === unreachable) return;
    const references = object.metadata.ownerReferences ?? [];
    const rest = references.filter(({ uid }) => !uids.has(uid));
    if (rest.length < references.length) await live.patch(identity, object, { ownerReferences: rest });
  }

  async #removeFinalizer(identity: ObjectIdentity, finalizer: string, known?: KubeObject): Promise<void> {
    const { live } = this.options;
    const object = known ?? (await live.get(identity));
    if (object === undefined || object === unreachable) return;
    await live.removeFinalizer(identity, object, finalizer);
  }

  #markAbsent(node: GraphNode): void {
    this.options.follow(this.options.graph.markAbsent(node.identity.uid));
  }
}
