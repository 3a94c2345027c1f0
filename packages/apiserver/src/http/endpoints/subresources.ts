/** The subresources that the store serves. Those that lead into a container or a proxy are other handlers' matter. */
import { statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { Clock, Plugin, inject } from '@kubewright/core';
import { isJsonObject, specOf } from '../../object/object-bytes.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { AdmissionChain } from '../../admission/admission.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import { ObjectReader } from '../../store/object-reader.js';
import { ObjectStore } from '../../store/object-store.js';
import { PartStrategy } from '../../store/part-strategy.js';
import { groupResource } from '../../store/write-request.js';
import type { WriteRequest } from '../../store/write-request.js';
import type { Strategy } from '../../strategy.js';
import { patchObject } from './patch-handler.js';
import { bindPod, evictPod } from './pod-subresources.js';
import type { PodSubresourceServices } from './pod-subresources.js';
import type { RequestContext } from '../request-context.js';
import { readBody } from './request-reading.js';
import type { ResourceRequest } from './resource-request.js';
import { serveScale } from './scale.js';
import type { ServerResponse } from '../server-request.js';

const done = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** What `resize` may change in each container. */
const resizable = ['resources', 'resizePolicy'];

@Plugin({ name: 'subresources' })
export class SubresourceHandler {
  readonly #services: PodSubresourceServices;
  readonly #strategies = new WeakMap<ServedResource, Map<string, Strategy>>();

  constructor(
    @inject(ObjectStore) store: ObjectStore,
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(ObjectReader) objects: ObjectReader,
    @inject(AdmissionChain) admission: AdmissionChain,
    @inject(Clock) clock: Clock,
  ) {
    this.#services = { store, registry, objects, admission, clock };
  }

  /** @throws 404 for a subresource that the resource does not have, 405 for a verb that it does not have. */
  async serve(request: ResourceRequest): Promise<ServerResponse> {
    const { context, info, resource } = request;
    const known = resource.subresources.find(({ name }) => name === info.subresource);
    if (known === undefined) throw statusErrors.unknownPath();
    if (!known.verbs.includes(info.verb)) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    const write = request.forWrite();
    switch (info.subresource) {
      case 'scale':
        if (resource.scale === undefined) throw statusErrors.unknownPath();
        return serveScale(this.#services.store, request, write, resource.scale);
      case 'binding':
        await bindPod(this.#services, write, await readObject(context, 'Binding'));
        return request.answerValue(201, done);
      case 'eviction':
        await evictPod(this.#services, write, await readObject(context, 'Eviction'));
        return request.answerValue(201, done);
      default:
        return this.#part(request, write);
    }
  }

  /** A subresource that shows the whole object and changes a part of it. */
  async #part(request: ResourceRequest, write: WriteRequest): Promise<ServerResponse> {
    const { info, resource, signal } = request;
    const { store } = this.#services;
    const strategy = this.#strategyOf(resource, info.subresource);
    if (strategy === undefined) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    if (info.verb === 'get') {
      return request.answer(200, await store.get(resource, info.namespace, info.name, signal));
    }
    if (info.verb === 'patch') return patchObject(store, request, write, { strategy });
    const object = await request.object();
    const written = await store.update(write, {
      produce: () => structuredClone(object),
      strategy,
      createIfAbsent: false,
    });
    return request.answer(200, written.object);
  }

  #strategyOf(resource: ServedResource, subresource: string): Strategy | undefined {
    if (subresource === 'status') return resource.statusStrategy;
    let strategies = this.#strategies.get(resource);
    if (strategies === undefined) {
      strategies = new Map(
        Object.entries(parts).map(([name, take]) => [name, new PartStrategy(resource.strategy, take)]),
      );
      this.#strategies.set(resource, strategies);
    }
    return strategies.get(subresource);
  }
}

type Take = (sent: JsonObject, next: JsonObject) => void;

/** The part of an object that each subresource takes over from what was sent. */
const parts: Readonly<Record<string, Take>> = {
  finalize: takeFromSpec('finalizers'),
  ephemeralcontainers: takeFromSpec('ephemeralContainers'),
  approval(sent, next) {
    const status = isJsonObject(next['status']) ? next['status'] : {};
    const conditions = isJsonObject(sent['status']) ? sent['status']['conditions'] : undefined;
    if (conditions !== undefined) next['status'] = { ...status, conditions };
  },
  resize(sent, next) {
    for (const list of ['containers', 'initContainers']) {
      const wanted = specOf(sent)[list];
      const present = specOf(next)[list];
      if (!Array.isArray(wanted) || !Array.isArray(present)) continue;
      for (const container of present) {
        if (!isJsonObject(container)) continue;
        const same = wanted.find((each) => isJsonObject(each) && each['name'] === container['name']);
        for (const key of resizable) if (isJsonObject(same) && same[key] !== undefined) container[key] = same[key];
      }
    }
  },
};

function takeFromSpec(field: string): Take {
  return (sent, next) => {
    const spec = { ...specOf(next) };
    const value = specOf(sent)[field];
    if (value === undefined) delete spec[field];
    else spec[field] = value;
    next['spec'] = spec;
  };
}

async function readObject(context: RequestContext, kind: string): Promise<JsonObject> {
  const { value } = await readBody(context, kind);
  if (!isJsonObject(value)) throw statusErrors.badRequest(`the body is no ${kind}`);
  return value;
}
