import { isAlreadyExists } from '@kubewright/api';
import type { JsonObject, KubeObject } from '@kubewright/api';
import { metaString } from '../object/object-bytes.js';
import type { ResourceRegistry } from '../registry/resource-registry.js';
import { keyOf } from '../registry/served-resource.js';
import type { ServedResource } from '../registry/served-resource.js';
import type { ObjectStore } from '../store/object-store.js';
import { errors } from '../errors/errors.js';

/** The namespaces that every cluster has. */
export const defaultNamespaces: readonly KubeObject[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));

const user = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Creates what does not exist yet, in order. */
export async function createMissing(
  registry: ResourceRegistry,
  store: ObjectStore,
  objects: readonly KubeObject[],
): Promise<void> {
  const { signal } = new AbortController();
  for (const each of objects) {
    const object = JSON.parse(JSON.stringify(each)) as JsonObject;
    const resource = resourceOf(registry, each);
    const namespace = resource.scope === 'Namespaced' ? (metaString(object, 'namespace') ?? 'default') : '';
    const name = metaString(object, 'name') ?? '';
    const key = keyOf(resource, namespace, name);
    if (store.services.cache.resource(resource.prefix).get(key) !== undefined) continue;
    const warn = (): void => undefined;
    const request = {
      resource,
      namespace,
      name,
      subresource: '',
      user,
      dryRun: false,
      fieldManager: 'kube-apiserver',
      warn,
      signal,
    };
    try {
      await store.create(request, object);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

function resourceOf(registry: ResourceRegistry, { apiVersion, kind }: KubeObject): ServedResource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  for (const resource of registry.all())
    if (
      resource.kind === kind &&
      resource.version === version &&
      resource.group === group &&
      resource.verbs.includes('create')
    )
      return resource;
  throw errors.UNKNOWN_KIND({ apiVersion, kind });
}
