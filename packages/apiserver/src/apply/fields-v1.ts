/** FieldsV1, the JSON form of a field set in `metadata.managedFields`: a trie of element texts in which `.` marks a member. */
import type { Json, JsonObject } from '@kubewright/api';
import { isObject } from '@kubewright/api/json';
import { FieldSet, leafNode } from './field-set.js';
import type { FieldNode } from './field-set.js';
import { parseElement } from './path-element.js';
import type { PathElement } from './path-element.js';

/**
 * Reads a field set. Elements of unknown kinds are left out.
 *
 * @throws Error where the value is no FieldsV1.
 */
export function decodeFieldsV1(fields: Json): FieldSet {
  if (!isObject(fields)) throw new Error('fieldsV1 must be an object');
  const nodes = new Map<PathElement, FieldNode>();
  for (const key of Object.keys(fields)) {
    if (key === '.') continue;
    const element = parseElement(key);
    if (element === undefined) continue;
    const node = decodeNode(fields[key] ?? null);
    const twin = nodes.get(element);
    nodes.set(
      element,
      twin ? { member: twin.member || node.member, children: twin.children.union(node.children) } : node,
    );
  }
  return FieldSet.fromNodes(nodes);
}

function decodeNode(fields: Json): FieldNode {
  if (!isObject(fields)) throw new Error('fieldsV1 must hold objects only');
  const children = decodeFieldsV1(fields);
  if (children.isEmpty) return leafNode;
  return { member: Object.hasOwn(fields, '.'), children };
}

/** Writes a field set, its elements in upstream's order. */
export function encodeFieldsV1(set: FieldSet): JsonObject {
  return encodeChildren({}, set);
}

function encodeChildren(target: JsonObject, set: FieldSet): JsonObject {
  for (const [element, node] of set.sortedNodes()) {
    target[element] = encodeChildren(node.member && !node.children.isEmpty ? { '.': {} } : {}, node.children);
  }
  return target;
}
