/**
 * Keeps what is served in step with the CustomResourceDefinitions: decides their names, tells it in their status, adds
 * and removes resources while the server runs, and empties a definition that is being deleted before it lets it go.
 */
import { isConflict, isNotFound } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { Clock, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, Logger, StartContext } from '@kubewright/core';
import { until } from '@kubewright/core/async';
import { deepEqual } from '@kubewright/api/json';
import { AdmissionChain } from '../admission/admission.js';
import type { ResourceCache } from '../cache/resource-cache.js';
import { WatchCache } from '../cache/watch-cache.js';
import { SteadyLogger } from '../steady-logger.js';
import { isJsonObject, metadataOf, parseObject } from '../object/object-bytes.js';
import { ResourceRegistry } from '../registry/resource-registry.js';
import { storagePrefix } from '../registry/served-resource.js';
import type { ServedResource } from '../registry/served-resource.js';
import { deleteCollection } from '../store/delete-collection.js';
import { timestamp } from '../store/object-identity.js';
import { ObjectStore } from '../store/object-store.js';
import type { WriteRequest } from '../store/write-request.js';
import { customResources } from './custom-resource.js';
import { cleanupFinalizer, definitionGroup, definitionPlural, readDefinition } from './definition.js';
import type { Definition, DefinitionNames } from './definition.js';
import { definitionStatus, isEstablished } from './definition-status.js';
import { decideNames } from './names.js';
import type { TakenNames } from './names.js';

interface Services {
  readonly cache: WatchCache;
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly logger: Logger;
}

const user = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
/** The wait before a definition that could not be dealt with is looked at again. */
const retryDelay = 1_000;

interface Served {
  readonly definition: Definition;
  readonly resources: readonly ServedResource[];
}

@Plugin({ name: 'custom-resources', requires: ['bootstrap-objects'] })
export class DefinitionController implements Lifecycle {
  readonly #services: Services;
  readonly #definitions: ResourceCache;
  readonly #served = new Map<string, Served>();
  readonly #emptying = new Set<string>();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    @inject(WatchCache) cache: WatchCache,
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(ObjectStore) store: ObjectStore,
    @inject(AdmissionChain) admission: AdmissionChain,
    @inject(Clock) clock: Clock,
    @inject(SteadyLogger) logger: Logger,
  ) {
    this.#services = { cache, registry, store, admission, clock, logger };
    this.#definitions = cache.resource(storagePrefix(definitionGroup, definitionPlural));
  }

  /** Resolves when everything that is established already is served. */
  async start({ signal }: StartContext): Promise<void> {
    await until(() => this.#reconcile(), signal);
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#definitions.wake();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    for (let seen = -1; !signal.aborted;) {
      const { end } = this.#definitions.history;
      if (end === seen) {
        await this.#definitions.changed(signal);
        continue;
      }
      seen = end;
      await this.#reconcile();
    }
  }

  async #reconcile(): Promise<void> {
    const objects = [...this.#definitions.snapshot().range('', '\uffff')].map((object) => parseObject(object.bytes));
    const all = objects
      .map((object) => ({ object, definition: readDefinition(object) }))
      .sort((a, b) => (a.definition.created < b.definition.created ? -1 : 1));
    for (const [name] of this.#served)
      if (!all.some(({ definition }) => definition.name === name)) this.#withdraw(name);
    const taken = new Map<string, { resources: Set<string>; kinds: Set<string> }>();
    // Who has its names already keeps them; the others come in the order of their creation.
    for (const { object, definition } of all)
      if (isEstablished(statusOf(object))) claim(taken, definition.group, definition.names);
    for (const { object, definition } of all) {
      try {
        await this.#reconcileOne(object, definition, taken);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (isConflict(error) || isNotFound(error)) continue;
        this.#services.logger.error('a CustomResourceDefinition could not be dealt with', {
          name: definition.name,
          error,
        });
        this.#services.clock.setTimer(retryDelay, () => void this.#reconcile().catch(() => undefined), { ref: false });
      }
    }
  }

  async #reconcileOne(
    object: JsonObject,
    definition: Definition,
    taken: Map<string, { resources: Set<string>; kinds: Set<string> }>,
  ): Promise<void> {
    const { clock } = this.#services;
    const status = statusOf(object);
    const own = isEstablished(status);
    const others = own ? nothingTaken : this.#withBuiltins(definition.group, taken.get(definition.group));
    const next = definitionStatus(status, decideNames(definition, others), timestamp(clock));
    if (isEstablished(next)) {
      claim(taken, definition.group, definition.names);
      this.#serve(definition);
    }
    if (!deepEqual(next, status)) await this.#write(definition, (live) => ({ ...live, status: next }), 'status');
    if (definition.deleting) this.#empty(definition);
  }

  #withBuiltins(group: string, taken: { resources: Set<string>; kinds: Set<string> } | undefined): TakenNames {
    const resources = new Set(taken?.resources);
    const kinds = new Set(taken?.kinds);
    for (const resource of this.#services.registry.all()) {
      if (resource.custom || resource.group !== group) continue;
      for (const name of [resource.plural, resource.singular, ...resource.shortNames]) resources.add(name);
      kinds.add(resource.kind).add(`${resource.kind}List`);
    }
    return { resources, kinds };
  }

  #serve(definition: Definition): void {
    const before = this.#served.get(definition.name)?.definition;
    if (before !== undefined && sameForm(before, definition) && before.deleting === definition.deleting) return;
    this.#withdraw(definition.name, definition);
    const { registry, clock } = this.#services;
    const resources = customResources(definition, clock);
    for (const resource of resources) registry.add(resource);
    this.#served.set(definition.name, { definition, resources });
  }

  /** Watches of what changes its form end; the deletion of a definition's objects is still shown to them. */
  #withdraw(name: string, next?: Definition): void {
    const { registry, cache } = this.#services;
    const served = this.#served.get(name);
    const resources = served?.resources ?? [];
    for (const { group, version, plural } of resources) registry.remove(group, version, plural);
    const [first] = resources;
    const stays = next !== undefined && served !== undefined && sameForm(served.definition, next);
    if (first !== undefined && !stays) cache.resource(first.prefix).endWatches();
    this.#served.delete(name);
  }

  /** Deletes a definition's objects and takes the finalizer away once none is left. One such work per definition. */
  #empty(definition: Definition): void {
    if (this.#emptying.has(definition.uid)) return;
    this.#emptying.add(definition.uid);
    const work = async (): Promise<void> => {
      const { signal } = this.#stop;
      const [resource] = this.#served.get(definition.name)?.resources ?? [];
      if (resource !== undefined) await this.#deleteAll(resource);
      signal.throwIfAborted();
      await this.#write(definition, withoutFinalizer, '');
    };
    void work()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted && !isNotFound(error))
          this.#services.logger.error('the objects of a CustomResourceDefinition could not be deleted', {
            name: definition.name,
            error,
          });
      })
      .finally(() => this.#emptying.delete(definition.uid));
  }

  async #deleteAll(resource: ServedResource): Promise<void> {
    const { cache, store } = this.#services;
    const { signal } = this.#stop;
    const objects = cache.resource(resource.prefix);
    const everything = { prefix: resource.prefix, selects: undefined };
    const list = {
      resourceVersion: '',
      resourceVersionMatch: '',
      limit: 0,
      continue: '',
      sendInitialEvents: undefined,
    };
    const options = {
      gracePeriodSeconds: undefined,
      propagationPolicy: undefined,
      orphanDependents: undefined,
      dryRun: false,
      preconditions: { uid: undefined, resourceVersion: undefined },
    };
    await deleteCollection(store, this.#services, this.#request(resource, '', ''), everything, list, options);
    // Finalizers may hold some for as long as their owners like.
    while (objects.size > 0 && !signal.aborted) await objects.changed(signal);
  }

  async #write(definition: Definition, change: (live: JsonObject) => JsonObject, subresource: string): Promise<void> {
    const { registry, store } = this.#services;
    const resource = registry.stored(definitionGroup, definitionPlural);
    if (resource === undefined) return;
    await store.update(this.#request(resource, definition.name, subresource), {
      produce: (live) => change(structuredClone(live ?? {})),
      createIfAbsent: false,
      attempts: 20,
      ...(subresource === 'status' ? { strategy: resource.statusStrategy } : {}),
    });
  }

  #request(resource: ServedResource, name: string, subresource: string): WriteRequest {
    const warn = (): void => undefined;
    const { signal } = this.#stop;
    return {
      resource,
      namespace: '',
      name,
      subresource,
      user,
      authorizeCreate: () => Promise.resolve(),
      dryRun: false,
      fieldManager: 'kube-apiserver',
      warn,
      signal,
    };
  }
}

function sameForm(one: Definition, other: Definition): boolean {
  return one.uid === other.uid && one.form === other.form;
}

const nothingTaken: TakenNames = { resources: new Set(), kinds: new Set() };

function claim(
  taken: Map<string, { resources: Set<string>; kinds: Set<string> }>,
  group: string,
  names: DefinitionNames,
): void {
  const inGroup = taken.get(group) ?? { resources: new Set<string>(), kinds: new Set<string>() };
  taken.set(group, inGroup);
  for (const name of [names.plural, names.singular, ...names.shortNames]) inGroup.resources.add(name);
  inGroup.kinds.add(names.kind).add(names.listKind);
}

function statusOf(object: JsonObject): JsonObject {
  return isJsonObject(object['status']) ? object['status'] : {};
}

function withoutFinalizer(live: JsonObject): JsonObject {
  const { finalizers, ...metadata } = metadataOf(live);
  const rest = (Array.isArray(finalizers) ? finalizers : []).filter((finalizer) => finalizer !== cleanupFinalizer);
  return { ...live, metadata: rest.length === 0 ? metadata : { ...metadata, finalizers: rest } };
}
