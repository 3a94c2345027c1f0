/**
 * How ownership moves: what a change takes from other managers, what an applier gives up, and what the schema makes of
 * sets that were recorded under an older one.
 */
import type { Json } from '@kubewright/api';
import type { Comparison } from './compare.js';
import type { Conflict } from './conflicts.js';
import { FieldSet } from './field-set.js';
import type { FieldNode } from './field-set.js';
import { deducedType } from './field-type.js';
import type { FieldType } from './field-type.js';
import { withFields } from './managed-fields.js';
import type { ManagedEntry, ManagedFields } from './managed-fields.js';
import { fieldName } from './path-element.js';
import type { PathElement } from './path-element.js';
import { removeItems } from './remove-items.js';
import { toFieldSet } from './to-field-set.js';

/** Fields of every object that have no owner: the server's own, and those that identify the object. */
export const unownedFields: FieldSet = FieldSet.of(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
);

/** What the managers other than `actor` (a manager key) own of a change, where they own any of it. */
export function conflictsOf(managers: ManagedFields, { added, modified }: Comparison, actor: string): Conflict[] {
  const changed = modified.union(added);
  const conflicts: Conflict[] = [];
  for (const [key, owner] of managers) {
    const fields = key === actor ? FieldSet.empty : owner.fields.intersection(changed);
    if (!fields.isEmpty) conflicts.push({ owner, fields });
  }
  return conflicts;
}

/**
 * Takes what changed or went from every manager but `actor` (a manager key, or undefined for none); a manager without
 * fields is dropped.
 */
export function disown(
  managers: ManagedFields,
  change: Comparison,
  actor: string | undefined,
): Map<string, ManagedEntry> {
  const lost = change.modified.union(change.added).union(change.removed);
  const left = new Map<string, ManagedEntry>();
  for (const [key, entry] of managers) {
    const kept = key === actor ? entry : withFields(entry, entry.fields.difference(lost));
    if (!kept.fields.isEmpty) left.set(key, kept);
  }
  return left;
}

/**
 * Removes from a merged object what the applier applied last time and not now, unless another manager owns it or it was
 * never the applier's.
 *
 * @param last - what the applier owned until now
 * @param managed - what all managers own now, the applier included
 */
export function prune(type: FieldType, merged: Json, last: FieldSet, managed: FieldSet): Json {
  const doomed = last.withDeclaredParents(type);
  const without = removeItems(type, merged, doomed, 'null');
  const all = toFieldSet(type, merged).withDeclaredParents(type);
  const setOf = (value: Json): FieldSet => toFieldSet(type, value).withDeclaredParents(type);
  const unowned = all.difference(setOf(without).union(managed.withDeclaredParents(type)));
  const ownedKept = removeItems(type, merged, unowned, 'null');
  return removeItems(type, merged, all.difference(setOf(ownedKept)).intersection(doomed), 'omit');
}

/**
 * Ownership under today's schema: who owned something in a list or map that has since become atomic owns all of it.
 * Other changes of the schema leave the sets as they are.
 */
export function reconcileWithSchema(managers: ManagedFields, type: FieldType): Map<string, ManagedEntry> {
  const reconciled = new Map<string, ManagedEntry>();
  for (const [key, entry] of managers) reconciled.set(key, withFields(entry, reconcile(entry.fields, type)));
  return reconciled;
}

function reconcile(fields: FieldSet, type: FieldType): FieldSet {
  if (type === deducedType) return fields;
  let changed: Map<PathElement, FieldNode> | undefined;
  for (const [element, node] of fields.nodes()) {
    if (node.children.isEmpty) continue;
    const below = typeBelow(type, element);
    if (below === undefined) continue;
    const atomic = fieldName(firstElement(node.children)) === undefined ? below.list?.atomic : below.map?.atomic;
    const children = atomic === true ? FieldSet.empty : reconcile(node.children, below);
    if (children === node.children) continue;
    changed ??= new Map(fields.nodes());
    changed.set(element, { member: node.member || atomic === true, children });
  }
  return changed === undefined ? fields : FieldSet.fromNodes(changed);
}

/** The type below a path element, where the schema knows it. */
function typeBelow(type: FieldType, element: PathElement): FieldType | undefined {
  const name = fieldName(element);
  if (name !== undefined) return type.map?.declared(name) ?? type.map?.values;
  return type.list?.items;
}

function firstElement(set: FieldSet): PathElement {
  for (const [element] of set.nodes()) return element;
  return '';
}
