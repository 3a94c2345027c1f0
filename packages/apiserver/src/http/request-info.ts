import { FieldSelector, apiErrors, checkPathSegmentName, statusErrors } from '@kubewright/api';

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
  /** The one name that a list's or watch's field selector lets through, where it does: such a request is authorized by name. */
  readonly selectedName: string;
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
const objectVerbs = new Map([
  ['GET', 'get'],
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);
const collectionVerbs = new Map([...objectVerbs, ['GET', 'list'], ['DELETE', 'deletecollection']]);

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
  const group = root === 'api' ? '' : (segments[1] ?? '');
  const version = segments[start - 1] ?? '';
  let parts = segments.slice(start);
  const watchPath = parts[0] === 'watch' && parts.length > 1;
  if (watchPath) {
    if (verbs !== 'GET') throw statusErrors.methodNotAllowed();
    parts = parts.slice(1);
  }

  let namespace = '';
  const [first, owner = '', inner = ''] = parts;
  if (first === 'namespaces' && parts.length > 2 && !namespaceSubresources.has(inner)) {
    namespace = owner;
    parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  const collection = name === '';
  const plain = (collection ? collectionVerbs : objectVerbs).get(verbs) ?? verbs.toLowerCase();
  const verb = watchPath || (plain === 'list' && isTrue(query.get('watch'))) ? 'watch' : plain;
  const selected = (verb === 'list' || verb === 'watch') && collection && !watchPath ? selectedName(query) : '';
  return {
    kind: 'resource',
    group,
    version,
    resource,
    subresource,
    rest: rest.join('/'),
    namespace,
    name,
    selectedName: selected,
    verb,
  };
}

/** As upstream reads booleans of a query: whatever is there is true, but for `0` and `false` in any case. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** A selector that cannot be read selects no name; the handler refuses it. */
function selectedName(query: URLSearchParams): string {
  const text = query.get('fieldSelector') ?? '';
  // Most requests have none, and need no parser for it.
  if (!text.includes('metadata.name')) return '';
  try {
    const name = FieldSelector.parse(text).exact('metadata.name') ?? '';
    return checkPathSegmentName(name).length === 0 ? name : '';
  } catch (error) {
    if (apiErrors.FIELD_SELECTOR.is(error)) return '';
    throw error;
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw statusErrors.badRequest(`the path has a malformed escape in '${segment.slice(0, 100)}'`);
  }
}
