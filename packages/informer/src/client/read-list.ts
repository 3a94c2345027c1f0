import { apiVersionOf } from '@kubewright/api';
import type { Kind, KubeList, KubeObject } from '@kubewright/api';
import { isList, isRecord } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';

/** What answers instead of a list are called that are none, whatever the status of the response. */
const others: ReadonlySet<unknown> = new Set(['Status', 'Table']);

/**
 * A list out of an answer. Its items get the type that the list's header tells, first as in a single object; what an item
 * says of itself stays.
 *
 * @throws RESPONSE_INVALID where the answer is no list of objects.
 */
export function readList<T extends KubeObject>(kind: Kind<T>, path: string, answer: unknown): KubeList<T> {
  const refuse = (problem: string): never => {
    throw informerErrors.RESPONSE_INVALID({ method: 'GET', path, problem });
  };
  if (!isRecord(answer) || others.has(answer['kind'])) return refuse('it is no list');
  const { metadata, items } = answer;
  if (metadata !== undefined && !isRecord(metadata)) return refuse('its metadata is no object');
  for (const field of ['continue', 'resourceVersion'])
    if (typeof (metadata?.[field] ?? '') !== 'string') return refuse(`metadata.${field} is not a string`);
  const entries = items ?? [];
  if (!isList(entries)) return refuse('its items are no list');
  const header = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const objects = entries.map((item, at) =>
    isRecord(item) && isRecord(item['metadata'])
      ? { ...header, ...item }
      : refuse(`items[${at}] is no object with metadata`),
  );
  const list: unknown = { ...answer, metadata: metadata ?? {}, items: objects };
  return list as KubeList<T>;
}
