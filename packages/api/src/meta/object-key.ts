import { apiErrors } from '../errors.js';

/** What names an object within its kind. */
export interface ObjectKey {
  /** Empty for an object of the cluster scope. */
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` in the cluster scope. */
export function formatObjectKey({ namespace, name }: ObjectKey): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** @throws KW_API_OBJECT_KEY where the text is not a key. */
export function parseObjectKey(key: string): ObjectKey {
  const [first = '', second, ...rest] = key.split('/');
  if (first === '' || second === '' || rest.length > 0) throw apiErrors.OBJECT_KEY({ key });
  return second === undefined ? { namespace: '', name: first } : { namespace: first, name: second };
}

/** The key of an object from its metadata; an object without a name has the name ''. */
export function objectKey(object: {
  readonly metadata: { readonly namespace?: string; readonly name?: string };
}): string {
  const { namespace = '', name = '' } = object.metadata;
  return formatObjectKey({ namespace, name });
}
