import type { Kind } from '@kubewright/api';
import { informerErrors } from '../errors/informer-errors.js';
import type { ListOptions, SelectionOptions, WatchOptions } from './options.js';

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of a kind's collection, as `/apis/apps/v1/namespaces/default/deployments`; without a namespace, of all of them. */
export function collectionPath(kind: Kind, namespace: string | undefined): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope =
    kind.scope === 'Namespaced' && namespace !== undefined ? `/namespaces/${segment('namespace', namespace)}` : '';
  return `${root}${scope}/${kind.plural}`;
}

/** The path of one object or of its subresource. */
export function objectPath(
  kind: Kind,
  verb: string,
  name: string,
  namespace: string | undefined,
  subresource?: string,
): string {
  if (kind.scope === 'Namespaced' && namespace === undefined)
    throw informerErrors.NAMESPACE_REQUIRED({ kind: kind.kind, verb });
  const path = `${collectionPath(kind, namespace)}/${segment('name', name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Appends the parameters that are set. */
export function withQuery(path: string, parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

export function listQuery(options: ListOptions): Parameters {
  return {
    ...selection(options),
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
  };
}

export function watchQuery(options: WatchOptions): Parameters {
  return {
    watch: true,
    ...selection(options),
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    sendInitialEvents: options.sendInitialEvents,
    allowWatchBookmarks: options.allowWatchBookmarks ?? true,
    timeoutSeconds: options.timeoutSeconds,
  };
}

function selection({ labelSelector, fieldSelector }: SelectionOptions): Parameters {
  return { labelSelector: labelSelector || undefined, fieldSelector: fieldSelector || undefined };
}

/** A name is checked before it becomes part of a path, so that none can leave its collection. */
function segment(what: string, value: string): string {
  if (value === '' || value === '.' || value === '..' || /[/%?#]/.test(value))
    throw informerErrors.NAME_INVALID({ what, value });
  return encodeURIComponent(value);
}
