import { apiVersionOf, isAlreadyExists } from '@kubewright/api';
import type { JsonObject, KubeObject } from '@kubewright/api';
import { parseTrusted } from '@kubewright/core';
import { metaString } from '../object/object-bytes.js';
import type { ResourceRegistry } from '../registry/resource-registry.js';
import type { ServedResource } from '../registry/served-resource.js';
import type { ObjectStore } from '../store/object-store.js';
import { errors } from '../errors.js';

/** The namespaces that every cluster has. */
export const defaultNamespaces: readonly KubeObject[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));

const user = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Creates what does not exist yet: namespaces first, since others live in them, and then all the rest together. */
export async function createMissing(
  registry: ResourceRegistry,
  store: ObjectStore,
  objects: readonly KubeObject[],
): Promise<void> {
  const resources = creatable(registry);
  const [namespaces, others] = [true, false].map((wanted) =>
    objects.filter(({ apiVersion, kind }) => (apiVersion === 'v1' && kind === 'Namespace') === wanted),
  );
  for (const wave of [namespaces, others])
    await Promise.all((wave ?? []).map((object) => createIfMissing(resources, store, object)));
}

async function createIfMissing(
  resources: ReadonlyMap<string, ServedResource>,
  store: ObjectStore,
  wanted: KubeObject,
): Promise<void> {
  const { apiVersion, kind } = wanted;
  const resource = resources.get(`${apiVersion} ${kind}`);
  if (resource === undefined) throw errors.UNKNOWN_KIND({ apiVersion, kind });
  const object = parseTrusted<JsonObject>(JSON.stringify(wanted));
  const namespace = resource.scope === 'Namespaced' ? (metaString(object, 'namespace') ?? 'default') : '';
  const name = metaString(object, 'name') ?? '';
  if (store.known(resource, namespace, name) !== undefined) return;
  const request = {
    resource,
    namespace,
    name,
    subresource: '',
    user,
    authorizeCreate: () => Promise.resolve(),
    dryRun: false,
    fieldManager: 'kube-apiserver',
    warn: () => undefined,
    signal: new AbortController().signal,
  };
  try {
    await store.create(request, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** By `apiVersion kind`. */
function creatable(registry: ResourceRegistry): Map<string, ServedResource> {
  const found = new Map<string, ServedResource>();
  for (const resource of registry.all()) {
    const id = `${apiVersionOf(resource)} ${resource.kind}`;
    if (resource.verbs.includes('create') && !found.has(id)) found.set(id, resource);
  }
  return found;
}
