/**
 * Who owns whom, as far as the watches tell: the garbage collector's picture of the cluster. Pure bookkeeping; each change
 * answers which nodes are to be looked at. That look (see `dependent-collector`) asks the server before it does anything, so
 * a picture that lags costs a look and never an object.
 */
import type { DeepReadonly } from '@kubewright/api';
import type { ObjectMeta } from '@kubewright/api/meta/v1';
import { AbsentOwners } from './absent-owners.js';
import { isNamedBy, referencedIdentity } from './object-identity.js';
import type { ObjectIdentity, ReadonlyOwnerReference } from './object-identity.js';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

export interface GraphNode {
  readonly identity: ObjectIdentity;
  readonly owners: readonly ReadonlyOwnerReference[];
  readonly dependents: ReadonlySet<GraphNode>;
  /** Known from references only: no watch has shown it yet, and perhaps it does not exist. */
  readonly isVirtual: boolean;
  readonly isDeleting: boolean;
  /** It stays until its dependents are gone: a foreground deletion. */
  readonly isDeletingDependents: boolean;
}

/** What a change of the graph asks for. */
export interface GraphChanges {
  /** Nodes of which it is to be found out whether they may go. */
  readonly collect: ReadonlySet<GraphNode>;
  /** Nodes that are being deleted and leave their dependents behind. */
  readonly orphan: ReadonlySet<GraphNode>;
  /** Objects that name an owner in another namespace, which does not count. */
  readonly misplaced: readonly { readonly dependent: GraphNode; readonly reference: ReadonlyOwnerReference }[];
}

class Node implements GraphNode {
  owners: readonly ReadonlyOwnerReference[] = [];
  readonly dependents = new Set<Node>();
  isDeleting = false;
  isDeletingDependents = false;
  isOrphaning = false;

  constructor(
    public identity: ObjectIdentity,
    public isVirtual: boolean,
  ) {}
}

class Changes implements GraphChanges {
  readonly collect = new Set<Node>();
  readonly orphan = new Set<Node>();
  readonly misplaced: { readonly dependent: Node; readonly reference: ReadonlyOwnerReference }[] = [];
}

export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly absentOwners = new AbsentOwners();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An object appeared or changed. */
  observe(identity: ObjectIdentity, metadata: DeepReadonly<ObjectMeta>): GraphChanges {
    const changes = new Changes();
    let node = this.#nodes.get(identity.uid);
    if (node === undefined) {
      node = new Node(identity, false);
      this.#nodes.set(identity.uid, node);
    } else this.#settle(node, identity, changes);
    this.#setOwners(node, metadata.ownerReferences ?? [], changes);
    this.#setDeletion(node, metadata, changes);
    return changes;
  }

  /** An object is gone: a watch said so, or a look at an object that a watch had shown. */
  remove(uid: string): GraphChanges {
    const changes = new Changes();
    const node = this.#nodes.get(uid);
    if (node === undefined) return changes;
    this.#nodes.delete(uid);
    if (node.dependents.size > 0) this.absentOwners.add(node.identity);
    for (const dependent of node.dependents) changes.collect.add(dependent);
    for (const reference of node.owners) {
      const owner = this.#nodes.get(reference.uid);
      owner?.dependents.delete(node);
      if (owner?.isDeletingDependents) changes.collect.add(owner);
    }
    return changes;
  }

  /**
   * The server has nothing where the node should be. A virtual node may be named in several ways, of which only one was
   * looked up: then it lives on under the next.
   */
  markAbsent(uid: string): GraphChanges {
    const node = this.#nodes.get(uid);
    if (node === undefined || !node.isVirtual) return this.remove(uid);
    const changes = new Changes();
    this.absentOwners.add(node.identity);
    for (const dependent of node.dependents) if (this.#names(dependent, node.identity)) changes.collect.add(dependent);
    const other = this.#otherIdentity(node);
    if (other === undefined) this.#nodes.delete(uid);
    else {
      node.identity = other;
      changes.collect.add(node);
    }
    return changes;
  }

  /** What was a guess from references is known now; those who guessed wrongly are looked at again. */
  #settle(node: Node, identity: ObjectIdentity, changes: Changes): void {
    if (node.isVirtual) {
      for (const dependent of node.dependents) this.#checkReferences(dependent, identity, changes);
    }
    node.identity = identity;
    node.isVirtual = false;
  }

  #checkReferences(dependent: Node, owner: ObjectIdentity, changes: Changes): void {
    const { namespace } = dependent.identity;
    for (const reference of dependent.owners) {
      if (reference.uid !== owner.uid || isNamedBy(owner, reference, namespace)) continue;
      changes.collect.add(dependent);
      if (owner.namespace !== undefined && owner.namespace !== namespace)
        changes.misplaced.push({ dependent, reference });
    }
  }

  #setOwners(node: Node, references: readonly ReadonlyOwnerReference[], changes: Changes): void {
    const before = new Map(node.owners.map((reference) => [reference.uid, reference]));
    const after = new Map(references.map((reference) => [reference.uid, reference]));
    node.owners = references;
    for (const [uid, old] of before) {
      const owner = this.#nodes.get(uid);
      const reference = after.get(uid);
      if (reference === undefined) owner?.dependents.delete(node);
      const unblocked = old.blockOwnerDeletion === true && reference?.blockOwnerDeletion !== true;
      if (unblocked && owner?.isDeletingDependents) changes.collect.add(owner);
    }
    for (const [uid, reference] of after) if (!before.has(uid)) this.#addDependent(reference, node, changes);
  }

  #addDependent(reference: ReadonlyOwnerReference, node: Node, changes: Changes): void {
    const owner = this.#nodes.get(reference.uid);
    if (owner === undefined) {
      const virtual = new Node(referencedIdentity(reference, node.identity.namespace), true);
      virtual.dependents.add(node);
      this.#nodes.set(reference.uid, virtual);
      changes.collect.add(virtual);
      return;
    }
    owner.dependents.add(node);
    if (!owner.isVirtual) this.#checkReferences(node, owner.identity, changes);
    // An owner that waits for its dependents waits for this one too, which has to hear of it.
    if (owner.isDeletingDependents) changes.collect.add(node);
  }

  #setDeletion(node: Node, { deletionTimestamp, finalizers = [] }: DeepReadonly<ObjectMeta>, changes: Changes): void {
    if (deletionTimestamp === undefined) return;
    node.isDeleting = true;
    const waits = finalizers.includes(foregroundFinalizer);
    if (waits && !node.isDeletingDependents) {
      changes.collect.add(node);
      for (const dependent of node.dependents) changes.collect.add(dependent);
    }
    node.isDeletingDependents = waits;
    const orphans = finalizers.includes(orphanFinalizer);
    if (orphans && !node.isOrphaning) changes.orphan.add(node);
    node.isOrphaning = orphans;
  }

  #names(dependent: Node, owner: ObjectIdentity): boolean {
    return dependent.owners.some((reference) => isNamedBy(owner, reference, dependent.identity.namespace));
  }

  /** Another way in which a dependent names a virtual node, not looked up yet. */
  #otherIdentity(node: Node): ObjectIdentity | undefined {
    for (const dependent of node.dependents) {
      for (const reference of dependent.owners) {
        if (reference.uid !== node.identity.uid) continue;
        const identity = referencedIdentity(reference, dependent.identity.namespace);
        if (!this.absentOwners.has(identity)) return identity;
      }
    }
    return undefined;
  }
}
