/**
 * Sets of field paths as a trie, with the algebra of ownership. A path can be a member without its parents being members,
 * and a parent can be a member beside its children. The empty path, the whole object, is never a member.
 */
import { compareElements, fieldName, isKey } from './path-element.js';
import type { PathElement } from './path-element.js';
import type { FieldType } from './field-type.js';

export interface FieldNode {
  readonly member: boolean;
  readonly children: FieldSet;
}

/** A set of field paths. Immutable once built: operations return new sets, which share unchanged parts. */
export class FieldSet {
  static readonly empty: FieldSet = new this(new Map());

  readonly #nodes: ReadonlyMap<PathElement, FieldNode>;

  private constructor(nodes: ReadonlyMap<PathElement, FieldNode>) {
    this.#nodes = nodes;
  }

  /** @param paths - each a list of elements in canonical text, as `['f:spec', 'f:replicas']` */
  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const builder = new FieldSetBuilder();
    for (const path of paths) builder.insert(path);
    return builder.build();
  }

  /** Takes over `nodes`; leaves out those that hold no member. */
  static fromNodes(nodes: Map<PathElement, FieldNode>): FieldSet {
    for (const [element, node] of nodes) if (!node.member && node.children.isEmpty) nodes.delete(element);
    return nodes.size === 0 ? FieldSet.empty : new FieldSet(nodes);
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  /** How many paths are members. */
  get size(): number {
    let size = 0;
    for (const node of this.#nodes.values()) size += Number(node.member) + node.children.size;
    return size;
  }

  node(element: PathElement): FieldNode | undefined {
    return this.#nodes.get(element);
  }

  /** The nodes in no particular order. */
  nodes(): Iterable<[PathElement, FieldNode]> {
    return this.#nodes;
  }

  /** The nodes in FieldsV1's order. */
  sortedNodes(): [PathElement, FieldNode][] {
    return [...this.#nodes].sort(([a], [b]) => compareElements(a, b));
  }

  has(path: readonly PathElement[]): boolean {
    const [element, ...rest] = path;
    const node = element === undefined ? undefined : this.#nodes.get(element);
    if (node === undefined) return false;
    return rest.length === 0 ? node.member : node.children.has(rest);
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true;
    if (this.#nodes.size !== other.#nodes.size) return false;
    for (const [element, node] of this.#nodes) {
      const match = other.#nodes.get(element);
      if (match === undefined || match.member !== node.member || !match.children.equals(node.children)) return false;
    }
    return true;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty || this === other) return this;
    if (this.isEmpty) return other;
    const nodes = new Map(this.#nodes);
    for (const [element, node] of other.#nodes) {
      const mine = nodes.get(element);
      nodes.set(
        element,
        mine ? { member: mine.member || node.member, children: mine.children.union(node.children) } : node,
      );
    }
    return new FieldSet(nodes);
  }

  intersection(other: FieldSet): FieldSet {
    if (this.isEmpty || other.isEmpty) return FieldSet.empty;
    if (other.#nodes.size < this.#nodes.size) return other.intersection(this);
    const nodes = new Map<PathElement, FieldNode>();
    for (const [element, node] of this.#nodes) {
      const match = other.#nodes.get(element);
      if (match)
        nodes.set(element, {
          member: node.member && match.member,
          children: node.children.intersection(match.children),
        });
    }
    return FieldSet.fromNodes(nodes);
  }

  /** What is here and not in `other`; a path there does not take its children from here. */
  difference(other: FieldSet): FieldSet {
    return this.#without(other, (node, removed) => ({
      member: node.member && !removed.member,
      children: node.children.difference(removed.children),
    }));
  }

  /** What is here and neither in `other` nor below a path of `other`. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#without(other, (node, removed) =>
      removed.member ? nothing : { member: node.member, children: node.children.recursiveDifference(removed.children) },
    );
  }

  #without(other: FieldSet, remainder: (node: FieldNode, removed: FieldNode) => FieldNode): FieldSet {
    if (this.isEmpty || other.isEmpty) return this;
    let nodes: Map<PathElement, FieldNode> | undefined;
    for (const [element, removed] of other.#nodes) {
      const node = this.#nodes.get(element);
      if (node === undefined) continue;
      const left = remainder(node, removed);
      if (left.member === node.member && left.children === node.children) continue;
      (nodes ??= new Map(this.#nodes)).set(element, left);
    }
    return nodes === undefined ? this : FieldSet.fromNodes(nodes);
  }

  /** The members below which nothing is a member. */
  leaves(): FieldSet {
    const nodes = new Map<PathElement, FieldNode>();
    for (const [element, node] of this.#nodes) {
      nodes.set(element, node.children.isEmpty ? node : { member: false, children: node.children.leaves() });
    }
    return FieldSet.fromNodes(nodes);
  }

  /** Adds the declared fields on the way to each member: what a removal of a whole struct must name. */
  withDeclaredParents(type: FieldType | undefined): FieldSet {
    const nodes = new Map<PathElement, FieldNode>();
    for (const [element, node] of this.#nodes) {
      if (node.children.isEmpty) {
        nodes.set(element, node);
        continue;
      }
      const name = fieldName(element);
      const declared = name === undefined ? undefined : type?.map?.declared(name);
      const below =
        name === undefined ? (isKey(element) ? type?.list?.items : undefined) : (declared ?? type?.map?.values);
      nodes.set(element, {
        member: node.member || declared !== undefined,
        children: node.children.withDeclaredParents(below),
      });
    }
    return new FieldSet(nodes);
  }

  /** Every member, parents before their children's children, each level in FieldsV1's order. */
  *paths(prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
    const nodes = this.sortedNodes();
    for (const [element, node] of nodes) if (node.member) yield [...prefix, element];
    for (const [element, node] of nodes) yield* node.children.paths([...prefix, element]);
  }
}

const nothing: FieldNode = { member: false, children: FieldSet.empty };
export const leafNode: FieldNode = { member: true, children: FieldSet.empty };

interface DraftNode {
  member: boolean;
  children: Map<PathElement, DraftNode> | undefined;
}

/** Collects paths one by one. */
export class FieldSetBuilder {
  #root: Map<PathElement, DraftNode> | undefined;

  insert(path: readonly PathElement[]): void {
    let draft: DraftNode | undefined;
    for (const element of path) {
      const level: Map<PathElement, DraftNode> =
        draft === undefined ? (this.#root ??= new Map()) : (draft.children ??= new Map());
      let next = level.get(element);
      if (next === undefined) level.set(element, (next = { member: false, children: undefined }));
      draft = next;
    }
    if (draft !== undefined) draft.member = true;
  }

  build(): FieldSet {
    return frozen(this.#root);
  }
}

function frozen(level: ReadonlyMap<PathElement, DraftNode> | undefined): FieldSet {
  if (level === undefined) return FieldSet.empty;
  const nodes = new Map<PathElement, FieldNode>();
  for (const [element, { member, children }] of level) {
    nodes.set(element, children === undefined ? leafNode : { member, children: frozen(children) });
  }
  return FieldSet.fromNodes(nodes);
}
