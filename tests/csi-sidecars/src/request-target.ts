import type { ApiRequest } from '@kubewright/informer';

export interface RequestTarget {
  /** As RBAC names it. */
  readonly verb: string;
  readonly group: string;
  /** With the subresource, as `persistentvolumes/status`. */
  readonly resource: string;
}

const verbs = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;

/** What a write is to; undefined for a read. */
export function writeTarget({ method, path }: ApiRequest): RequestTarget | undefined {
  if (method === 'GET') return undefined;
  const [root, ...segments] = path.split('?')[0]?.split('/').filter(Boolean) ?? [];
  const group = root === 'api' ? '' : (segments.shift() ?? '');
  const rest = segments.slice(1);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', , subresource] = inNamespace ? rest.slice(2) : rest;
  return { verb: verbs[method], group, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
}
