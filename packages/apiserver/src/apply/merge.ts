import type { Json } from '@kubewright/api';
import { isArray, isObject, own, setOwn } from '@kubewright/api/json';
import { shapeOf, typeOfField } from './field-type.js';
import type { FieldType, ListType, MapType } from './field-type.js';
import { elementOf, indexItems } from './list-element.js';
import type { PathElement } from './path-element.js';

/**
 * Merges an applied configuration into the live object: nothing is removed, and the configuration wins at every leaf. The
 * items of a divided list come in the live order where the configuration changes nothing in it, else in the
 * configuration's.
 *
 * The result shares parts with both arguments; neither changes.
 */
export function merge(type: FieldType, live: Json, config: Json): Json {
  const liveShape = shapeOf(type, live);
  const configShape = shapeOf(type, config);
  const shape =
    live === null ? configShape : config === null ? liveShape : configShape === liveShape ? configShape : 'leaf';
  if (shape === 'map' && type.map !== undefined) return mergeMaps(type.map, live, config);
  if (shape === 'list' && type.list !== undefined) return mergeLists(type.list, live, config);
  return config;
}

function mergeMaps(type: MapType, live: Json, config: Json): Json {
  const base = isObject(live) ? live : {};
  const applied = isObject(config) ? config : {};
  if (Object.keys(base).length === 0) return Object.keys(applied).length === 0 ? config : applied;
  const result: { [key: string]: Json } = { ...base };
  for (const key of Object.keys(applied)) {
    const value = applied[key] ?? null;
    const current = own(base, key);
    setOwn(result, key, current === undefined ? value : merge(typeOfField(type, key), current, value));
  }
  return result;
}

function mergeLists(type: ListType, live: Json, config: Json): Json {
  const base = isArray(live) ? live : [];
  const applied = isArray(config) ? config : [];
  if (base.length === 0) return applied.length === 0 ? config : applied;
  const liveIndex = indexItems(type, base);
  const appliedIndex = indexItems(type, applied);
  if (liveIndex === undefined || appliedIndex === undefined) return applied.length === 0 ? live : config;
  const liveItems = base.map((item) => [elementOf(type, item) ?? '', item] as const);
  const result: Json[] = [];
  for (const { element, item } of interleave(liveItems, [...appliedIndex.keys()])) {
    const [appliedItem] = appliedIndex.get(element) ?? [];
    if (appliedItem === undefined) result.push(item ?? null);
    else {
      const twins = liveIndex.get(element) ?? [];
      // Live duplicates of one element are not merged with the applied item; it takes their place.
      result.push(
        twins.length === 1 && twins[0] !== undefined ? merge(type.items, twins[0], appliedItem) : appliedItem,
      );
    }
  }
  return result;
}

/**
 * The order of a merged list. Both lists are read side by side: an applied element is taken once, in the applied order;
 * an item that is only live stays where the live list has it between the shared ones.
 */
function* interleave(
  live: readonly (readonly [PathElement, Json])[],
  applied: readonly PathElement[],
): Generator<{ readonly element: PathElement; readonly item?: Json }> {
  const inLive = new Set(live.map(([element]) => element));
  const inApplied = new Set(applied);
  const shared = applied.filter((element) => inLive.has(element));
  const taken = new Set<PathElement>();
  let nextShared = 0;
  for (let l = 0, a = 0; l < live.length || a < applied.length;) {
    const current = live[l];
    const wanted = applied[a];
    if (current !== undefined) {
      const [element, item] = current;
      if (!inApplied.has(element)) {
        yield { element, item };
        l++;
        continue;
      }
      const otherExpected = nextShared < shared.length && shared[nextShared] !== element;
      if (wanted !== undefined && element !== wanted && otherExpected) {
        l++;
        continue;
      }
      if (element === wanted || taken.has(element)) l++;
    }
    if (wanted !== undefined) {
      taken.add(wanted);
      yield { element: wanted };
      a++;
      if (shared[nextShared] === wanted) nextShared++;
    }
  }
}
