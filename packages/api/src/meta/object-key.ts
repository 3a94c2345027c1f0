import { apiErrors } from '../errors.js';

/** What names an object within its kind. */
export interface ObjectKey {
  readonly name: string;
  /** Absent, or empty, for an object of the cluster scope. A client takes its own namespace where none is given. */
  readonly namespace?: string | undefined;
}

/** `namespace/name`, or `name` where there is no namespace. An object's metadata will do; without a name it has the name ''. */
export function formatObjectKey({
  namespace = '',
  name = '',
}: { readonly [K in keyof ObjectKey]?: string | undefined }): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The reverse of `formatObjectKey`. @throws KW_API_OBJECT_KEY where the text is not a key. */
export function parseObjectKey(key: string): ObjectKey {
  const [first = '', second, ...rest] = key.split('/');
  if (first === '' || second === '' || rest.length > 0) throw apiErrors.OBJECT_KEY({ key });
  return second === undefined ? { name: first } : { namespace: first, name: second };
}

/** The key of an object from its metadata. */
export function objectKey(object: {
  readonly metadata: { readonly namespace?: string | undefined; readonly name?: string | undefined };
}): string {
  return formatObjectKey(object.metadata);
}
