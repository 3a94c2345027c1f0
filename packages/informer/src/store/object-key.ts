import type { ObjectKey } from '../client/options.js';

/** An object's key in a store: `namespace/name`, or `name` for what is in no namespace. */
export function storeKey(key: { readonly name?: string | undefined; readonly namespace?: string | undefined }): string {
  return key.namespace === undefined || key.namespace === '' ? (key.name ?? '') : `${key.namespace}/${key.name ?? ''}`;
}

/** The reverse of `storeKey`. */
export function parseStoreKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
