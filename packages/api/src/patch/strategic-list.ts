/**
 * Lists in a strategic merge patch: which items go together, and in which order the merged list comes. Items of the patch
 * keep the patch's order, items that only the object has keep theirs, and the two sequences are interleaved by the
 * object's order.
 */
import { statusErrors } from '../status/status-errors.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import { isArray, isObject, own } from '../json/json-value.js';
import { content, patchDirective } from './patch-directives.js';
import { inapplicablePatch } from './inapplicable-patch.js';

/** Where the list stands, and the field that identifies its items (undefined: the items are scalars). */
interface ListField {
  readonly name: string;
  readonly mergeKey: string | undefined;
}

type MergeMaps = (original: JsonObject, patch: JsonObject) => JsonObject;

/** The value that identifies an item: the item itself, or its merge key. */
function identity(item: MutableJson, list: ListField): MutableJson {
  if (list.mergeKey === undefined) return item;
  if (!isObject(item))
    throw statusErrors.badRequest(
      `${list.name}: expected an object with ${list.mergeKey}, got ${JSON.stringify(item)}`,
    );
  const key = own(item, list.mergeKey);
  if (key === undefined)
    throw statusErrors.badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${list.mergeKey}`);
  return key;
}

/** Whether the items are objects; refuses mixtures and lists of lists, which cannot be merged. */
function holdsObjects(name: string, items: readonly MutableJson[]): boolean {
  if (items.some(isArray)) throw inapplicablePatch(name, 'lists of lists are not supported');
  const objects = items.filter((item) => isObject(item)).length;
  if (objects !== 0 && objects !== items.length)
    throw statusErrors.badRequest(`${name}: list element types are not identical`);
  return objects !== 0;
}

export function deleteFromPrimitiveList(
  original: readonly MutableJson[],
  doomed: readonly MutableJson[],
): MutableJson[] {
  const remove = new Set(doomed);
  return original.filter((item) => !remove.has(item));
}

/** Merges the patch's items into the object's. Owns both lists. */
export function mergeList(
  original: MutableJson[],
  patch: MutableJson[],
  list: ListField,
  mergeMaps: MergeMaps,
): MutableJson[] {
  if (!holdsObjects(list.name, [...original, ...patch])) {
    const scalars = { name: list.name, mergeKey: undefined };
    return inOrder([...new Set([...original, ...patch])], patch, original, scalars);
  }
  if (list.mergeKey === undefined)
    throw statusErrors.badRequest(`cannot merge lists without merge key for ${list.name}`);
  const { kept, added, replaced } = applyItemDirectives(original, patch, list);
  if (replaced) return added.map((item) => (isObject(item) ? content(item) : item));
  const serverOrder = [...kept];
  const positions = ranks(kept, list);
  for (const item of added) {
    if (!isObject(item)) continue;
    const key = identity(item, list);
    const position = positions.get(key);
    const target = position === undefined ? undefined : kept[position];
    if (position !== undefined && isObject(target)) kept[position] = mergeMaps(target, item);
    else {
      positions.set(key, kept.length);
      kept.push(content(item));
    }
  }
  return inOrder(kept, added, serverOrder, list);
}

/** Carries out the items that are directives: deletes what `$patch: delete` names; `$patch: replace` empties the list. */
function applyItemDirectives(original: MutableJson[], patch: readonly MutableJson[], list: ListField) {
  const doomed = new Set<MutableJson>();
  const added: MutableJson[] = [];
  let replaced = false;
  for (const item of patch) {
    const directive = isObject(item) ? own(item, patchDirective) : undefined;
    if (directive === undefined) added.push(item);
    else if (directive === 'delete') doomed.add(identity(item, list));
    else if (directive === 'replace') replaced = true;
    else if (directive === 'merge') throw statusErrors.badRequest('merging lists cannot yet be specified in the patch');
    else throw statusErrors.badRequest(`unknown patch type: ${JSON.stringify(directive)} in ${list.name}`);
  }
  const kept = original.filter((item) => !isObject(item) || !doomed.has(own(item, list.mergeKey ?? '') ?? null));
  return { kept, added, replaced };
}

/**
 * Orders a merged list.
 *
 * @param patchOrder - the items (or objects with their merge keys only) whose order the patch decides
 * @param serverOrder - the list before the patch
 */
export function inOrder(
  merged: readonly MutableJson[],
  patchOrder: readonly MutableJson[],
  serverOrder: readonly MutableJson[],
  list: ListField,
): MutableJson[] {
  const inPatch = ranks(patchOrder, list);
  const onServer = ranks(serverOrder, list);
  const rank = (ranking: Map<MutableJson, number>, item: MutableJson): number =>
    ranking.get(identity(item, list)) ?? ranking.size;
  const ofPatch = merged
    .filter((item) => inPatch.has(identity(item, list)))
    .sort((a, b) => rank(inPatch, a) - rank(inPatch, b));
  const ofServer = merged
    .filter((item) => !inPatch.has(identity(item, list)))
    .sort((a, b) => rank(onServer, a) - rank(onServer, b));
  const result: MutableJson[] = [];
  let next = 0;
  for (const item of ofPatch) {
    const limit = onServer.get(identity(item, list)) ?? -1;
    for (let other = ofServer[next]; other !== undefined && rank(onServer, other) < limit; other = ofServer[++next])
      result.push(other);
    result.push(item);
  }
  return [...result, ...ofServer.slice(next)];
}

/** Each identity's first position. */
function ranks(order: readonly MutableJson[], list: ListField): Map<MutableJson, number> {
  const result = new Map<MutableJson, number>();
  order.forEach((item, index) => {
    const key = identity(item, list);
    if (!result.has(key)) result.set(key, index);
  });
  return result;
}

/** Refuses a patch whose items do not come in the order that its own `$setElementOrder` states. */
export function checkElementOrder(patch: readonly MutableJson[], order: readonly MutableJson[], list: ListField): void {
  if (order.length === 0) return;
  let position = 0;
  for (const item of patch) {
    if (isObject(item) && Object.hasOwn(item, patchDirective)) continue;
    const key = identity(item, list);
    while (position < order.length && identity(order[position] ?? null, list) !== key) position++;
    if (position++ >= order.length) {
      throw statusErrors.badRequest(
        `The order in patch list doesn't match $setElementOrder list: ${list.name}: ${JSON.stringify(key)}`,
      );
    }
  }
}
