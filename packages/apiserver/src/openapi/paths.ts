/** The paths of a resource and what each method does there, before they take the form of one OpenAPI version. */
import type { GroupVersionKind } from '@kubewright/api';
import type { DiscoveredResource } from '../discovery/index.js';
import { wellKnown } from './components.js';
import type { Components } from './components.js';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'string' | 'integer' | 'boolean';
}

export interface Operation {
  readonly method: Method;
  /** `x-kubernetes-action`. */
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly kind: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  /** The name of the schema of what is sent. */
  readonly body?: string;
  /** The name of the schema of what is answered; without it a plain string. */
  readonly response?: string;
}

export interface ApiPath {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

const query = (type: Parameter['type'], ...names: readonly string[]): Parameter[] =>
  names.map((name) => ({ name, in: 'query', type }));
const pretty = query('string', 'pretty');
const written = query('string', 'dryRun', 'fieldManager', 'fieldValidation');
const forced = query('boolean', 'force');
const deleted = [
  ...query('string', 'dryRun', 'propagationPolicy'),
  ...query('integer', 'gracePeriodSeconds'),
  ...query('boolean', 'orphanDependents', 'ignoreStoreReadErrorWithClusterBreakingPotential'),
];
const listed = [
  ...query('boolean', 'allowWatchBookmarks', 'sendInitialEvents', 'watch'),
  ...query('string', 'continue', 'fieldSelector', 'labelSelector', 'resourceVersion', 'resourceVersionMatch'),
  ...query('integer', 'limit', 'timeoutSeconds'),
];
const inPath = (name: string): Parameter => ({ name, in: 'path', type: 'string' });

/** Subresources that hand a connection on instead of reading or writing an object. */
const connections = new Set(['attach', 'exec', 'portforward', 'proxy', 'log']);

/** The path that all resources of a group and version are under. */
export function groupVersionPath({ group, version }: Pick<GroupVersionKind, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

export function pathsOf(resource: DiscoveredResource, components: Components): ApiPath[] {
  return new ResourcePaths(resource, components).all();
}

class ResourcePaths {
  readonly #resource: DiscoveredResource;
  readonly #components: Components;
  readonly #namespaced: boolean;
  readonly #group: string;
  readonly #object: string | undefined;

  constructor(resource: DiscoveredResource, components: Components) {
    this.#resource = resource;
    this.#components = components;
    this.#namespaced = resource.scope === 'Namespaced';
    const group = resource.group === '' ? 'core' : resource.group.replace(/\.k8s\.io$/, '');
    this.#group = [...group.split('.'), resource.version].map(capital).join('');
    this.#object = components.nameOf(resource);
  }

  all(): ApiPath[] {
    const { plural, verbs } = this.#resource;
    const root = `/${groupVersionPath(this.#resource)}`;
    const base = this.#namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
    const scope = this.#namespaced ? [inPath('namespace')] : [];
    const paths = [this.#path(base, scope, this.#collection())];
    if (this.#namespaced && verbs.includes('list'))
      paths.push(this.#path(`${root}/${plural}`, [], [this.#list('ForAllNamespaces')]));
    paths.push(this.#path(`${base}/{name}`, [inPath('name'), ...scope], this.#item()));
    for (const subresource of this.#resource.subresources) {
      const operations = this.#subresource(subresource.name, subresource.kind, subresource.verbs);
      paths.push(this.#path(`${base}/{name}/${subresource.name}`, [inPath('name'), ...scope], operations));
    }
    return paths.filter((path) => path.operations.length > 0);
  }

  #path(path: string, parameters: readonly Parameter[], operations: readonly Operation[]): ApiPath {
    return { path, parameters: [...parameters, ...pretty], operations };
  }

  #collection(): Operation[] {
    const operations: Operation[] = [];
    const { verbs } = this.#resource;
    if (verbs.includes('list')) operations.push(this.#list(''));
    if (verbs.includes('create')) operations.push(this.#operation('post', 'post', 'create', written, this.#object));
    if (verbs.includes('deletecollection')) {
      const removal = this.#operation(
        'delete',
        'deletecollection',
        'deleteCollection',
        [...deleted, ...listed.filter(({ name }) => name !== 'watch')],
        wellKnown.deleteOptions,
      );
      operations.push({ ...removal, response: wellKnown.status });
    }
    return operations;
  }

  #list(suffix: string): Operation {
    const response = this.#components.nameOf({ ...this.#resource, kind: `${this.#resource.kind}List` });
    const { response: _, ...operation } = this.#operation('get', 'list', 'list', listed);
    const id = suffix === '' ? operation.id : `list${this.#group}${this.#resource.kind}${suffix}`;
    return { ...operation, id, ...(response !== undefined && { response }) };
  }

  #item(): Operation[] {
    const operations: Operation[] = [];
    const { verbs } = this.#resource;
    if (verbs.includes('get')) operations.push(this.#operation('get', 'get', 'read', []));
    if (verbs.includes('update')) operations.push(this.#operation('put', 'put', 'replace', written, this.#object));
    if (verbs.includes('delete')) {
      const removal = this.#operation('delete', 'delete', 'delete', deleted, wellKnown.deleteOptions);
      operations.push({ ...removal, response: wellKnown.status });
    }
    if (verbs.includes('patch'))
      operations.push(this.#operation('patch', 'patch', 'patch', [...written, ...forced], wellKnown.patch));
    return operations;
  }

  #subresource(name: string, kind: GroupVersionKind, verbs: readonly string[]): Operation[] {
    const object = this.#components.nameOf(kind);
    const make = (
      method: Method,
      action: string,
      word: string,
      parameters: readonly Parameter[],
      body?: string,
    ): Operation => {
      const { response: _, body: __, ...operation } = this.#operation(method, action, word, parameters);
      const shown = connections.has(name) ? undefined : object;
      return {
        ...operation,
        id: `${operation.id}${capital(name)}`,
        kind,
        ...(connections.has(name) && name !== 'log' && { action: 'connect' }),
        ...(body !== undefined && shown !== undefined && { body }),
        ...(shown !== undefined && { response: shown }),
      };
    };
    const operations: Operation[] = [];
    if (verbs.includes('get'))
      operations.push(make('get', 'get', connections.has(name) && name !== 'log' ? 'connectGet' : 'read', []));
    if (verbs.includes('update')) operations.push(make('put', 'put', 'replace', written, object));
    if (verbs.includes('create'))
      operations.push(make('post', 'post', connections.has(name) ? 'connectPost' : 'create', written, object));
    if (verbs.includes('patch'))
      operations.push(make('patch', 'patch', 'patch', [...written, ...forced], wellKnown.patch));
    return operations;
  }

  #operation(method: Method, action: string, word: string, parameters: readonly Parameter[], body?: string): Operation {
    const { group, version, kind } = this.#resource;
    const collection = word === 'deleteCollection';
    const verb = collection ? 'delete' : word;
    return {
      method,
      action,
      id: `${verb}${this.#group}${collection ? 'Collection' : ''}${this.#namespaced ? 'Namespaced' : ''}${kind}`,
      tag: `${this.#group[0]?.toLowerCase() ?? ''}${this.#group.slice(1, -capital(version).length)}_${version}`,
      kind: { group, version, kind },
      parameters,
      ...(body !== undefined && { body }),
      ...(this.#object !== undefined && { response: this.#object }),
    };
  }
}

function capital(word: string): string {
  return `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`;
}
