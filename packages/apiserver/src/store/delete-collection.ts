/**
 * The generic store: creates, reads, changes and deletes objects of every resource by the rules of its `Strategy`.
 * Neighbours: HTTP handlers call it, it calls admission; reads come from `cache`, writes go to `storage`. It knows
 * nothing of HTTP.
 */
import { isNotFound } from '@kubewright/api';
import { Breather } from '../async/breather.js';
import type { CachedObject } from '../cache/cached-object.js';
import type { ListResult } from '../cache/list-objects.js';
import type { ListOptions } from '../cache/list-options.js';
import type { Matcher } from '../cache/matcher.js';
import { metaString } from '../object/object-bytes.js';
import { deleteObject } from './deletion.js';
import type { DeleteOptions, DeletionServices } from './deletion.js';
import type { ObjectStore } from './object-store.js';
import type { WriteRequest } from './write-request.js';

/** So many deletions are under way at a time. */
const workers = 16;

/** Deletes everything that a list answers, one by one. Objects that others delete meanwhile are no failure. */
export async function deleteCollection(
  store: ObjectStore,
  services: DeletionServices,
  request: WriteRequest,
  matcher: Matcher,
  listOptions: ListOptions,
  options: DeleteOptions,
): Promise<ListResult> {
  const { resource, signal } = request;
  const list = await store.list(resource, matcher, listOptions, signal);
  const objects: CachedObject[] = [];
  for await (const piece of list.pieces) objects.push(...piece);
  let next = 0;
  const breather = new Breather(services.clock);
  const work = async (): Promise<void> => {
    for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
      await breather.breathe();
      const parsed = object.parse();
      const [namespace, name] = [metaString(parsed, 'namespace') ?? '', metaString(parsed, 'name') ?? ''];
      try {
        await deleteObject(store, services, { ...request, namespace, name }, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, objects.length) }, work));
  return { ...list, pieces: whole(objects) };
}

async function* whole(objects: readonly CachedObject[]): AsyncGenerator<readonly CachedObject[]> {
  await Promise.resolve();
  yield objects;
}
