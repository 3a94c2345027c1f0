import { statusErrors } from '@kubewright/api';

export interface ResourceRequestInfo {
  readonly kind: 'resource';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** What follows the subresource in the path, as a proxy needs it; empty otherwise. */
  readonly rest: string;
  /** Empty for a cluster-scoped resource and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** As RBAC names it. */
  readonly verb: string;
}

export interface PathRequestInfo {
  readonly kind: 'path';
  readonly path: string;
  /** The method in lower case. */
  readonly verb: string;
}

export type RequestInfo = ResourceRequestInfo | PathRequestInfo;

/** Subresources of a namespace; any other word after a namespace's name is a resource inside it. */
const namespaceSubresources = new Set(['status', 'finalize']);
const collectionVerbs: Readonly<Record<string, string>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' };
const objectVerbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What a request asks for, read off its method and path. Whether that exists is not its matter. */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const verbs = method === 'HEAD' ? 'GET' : method;
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
  const root = segments[0];
  const start = root === 'api' ? 2 : root === 'apis' ? 3 : Infinity;
  if (segments.length <= start) return { kind: 'path', path, verb: verbs.toLowerCase() };
  const group = root === 'api' ? '' : (segments[1] as string);
  const version = segments[start - 1] as string;
  let parts = segments.slice(start);
  const watchPath = parts[0] === 'watch' && parts.length > 1;
  if (watchPath) parts = parts.slice(1);

  let namespace = '';
  const [first, owner = '', inner] = parts;
  if (first === 'namespaces' && parts.length > 2 && !namespaceSubresources.has(inner as string)) {
    namespace = owner;
    parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  const watching = verbs === 'GET' && (watchPath || isTrue(query.get('watch')));
  const collection = name === '';
  const plain = (collection ? collectionVerbs : objectVerbs)[verbs] ?? verbs.toLowerCase();
  const verb = watching && subresource === '' ? 'watch' : plain;
  return { kind: 'resource', group, version, resource, subresource, rest: rest.join('/'), namespace, name, verb };
}

/** `true` and `1`, and a parameter without a value. */
export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === '';
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw statusErrors.badRequest(`the path has a malformed escape in '${segment.slice(0, 100)}'`);
  }
}
