/** The generic verbs on resources: from an authorized request to the store, and from what it says to an answer. */
import { statusErrors } from '@kubewright/api';
import { Clock, Plugin, inject, last } from '@kubewright/core';
import { AdmissionChain } from '../../admission/admission.js';
import { checkListOptions } from '../../cache/list-options.js';
import { metadataOf, parseObject } from '../../object/object-bytes.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { deleteCollection } from '../../store/delete-collection.js';
import { deleteObject } from '../../store/deletion.js';
import { matchRequest } from '../../store/object-identity.js';
import { ObjectStore } from '../../store/object-store.js';
import { groupResource } from '../../store/write-request.js';
import { negotiate } from '../encoding/negotiation.js';
import { listResponse, watchEncodingOf } from '../encoding/representations.js';
import { readInclude } from '../encoding/table-encoding.js';
import { RequestHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';
import { isTrue } from '../request-info.js';
import type { ResourceRequestInfo } from '../request-info.js';
import type { ServerResponse } from '../server-request.js';
import { patchObject } from './patch-handler.js';
import { readDeletion, readListOptions, readNumber } from './request-reading.js';
import { ResourceRequest } from './resource-request.js';
import { SubresourceHandler } from './subresources.js';

interface Services {
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly admission: AdmissionChain;
  readonly subresources: SubresourceHandler;
  readonly clock: Clock;
}

/** The verbs of `/configmaps` and those of `/configmaps/NAME`; a single object can be watched by its path, too. */
const collectionVerbs = new Set(['list', 'watch', 'create', 'deletecollection']);
const objectVerbs = new Set(['get', 'watch', 'update', 'patch', 'delete']);

@Plugin({ name: 'resources', contributes: [last(RequestHandler)] })
export class ResourceHandler implements RequestHandler {
  readonly #services: Services;

  constructor(
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(ObjectStore) store: ObjectStore,
    @inject(AdmissionChain) admission: AdmissionChain,
    @inject(SubresourceHandler) subresources: SubresourceHandler,
    @inject(Clock) clock: Clock,
  ) {
    this.#services = { registry, store, admission, subresources, clock };
  }

  handle(context: RequestContext): Promise<ServerResponse> | undefined {
    const { info } = context;
    if (info.kind !== 'resource') return undefined;
    const resource = this.#services.registry.get(info.group, info.version, info.resource);
    if (resource === undefined) return undefined;
    return this.#serve(context, info, resource);
  }

  async #serve(context: RequestContext, info: ResourceRequestInfo, resource: ServedResource): Promise<ServerResponse> {
    if ((info.namespace !== '') !== (resource.scope === 'Namespaced')) {
      // A namespaced resource is read over all namespaces without one; nothing else is.
      const all = resource.scope === 'Namespaced' && info.name === '' && info.subresource === '';
      if (!all) throw statusErrors.unknownPath();
      if (info.verb !== 'list' && info.verb !== 'watch') throw statusErrors.methodNotAllowed();
    }
    for (const warning of resource.warnings) context.warn(warning);
    const representation = negotiate(
      context.request.headers['accept'],
      info.verb !== 'connect',
      isTrue(context.query.get('pretty')),
      { include: readInclude(context.query), now: () => this.#services.clock.now() },
    );
    const request = new ResourceRequest(context, info, resource, representation);
    if (info.subresource !== '') return this.#services.subresources.serve(request);
    if (!(info.name === '' ? collectionVerbs : objectVerbs).has(info.verb)) throw statusErrors.methodNotAllowed();
    if (!resource.verbs.includes(info.verb)) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    switch (info.verb) {
      case 'get':
        return this.#get(request);
      case 'list':
        return this.#list(request);
      case 'watch':
        return this.#watch(request);
      case 'create':
        return this.#create(request);
      case 'update':
        return this.#update(request);
      case 'patch':
        return patchObject(this.#services.store, request, request.forWrite());
      case 'delete':
        return this.#delete(request);
      case 'deletecollection':
        return this.#deleteCollection(request);
      default:
        throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    }
  }

  async #get(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, info, query, signal } = request;
    const notBefore = query.get('resourceVersion') ?? '';
    const object = await this.#services.store.get(resource, info.namespace, info.name, signal, notBefore);
    return request.answer(200, object);
  }

  async #list(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, representation, query, signal } = request;
    const options = readListOptions(query);
    checkListOptions(options, false);
    const list = await this.#services.store.list(resource, request.selection(), options, signal);
    return listResponse(resource, list, representation);
  }

  async #watch(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, representation, query, signal } = request;
    const options = {
      ...readListOptions(query),
      allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
      timeoutSeconds: readNumber(query, 'timeoutSeconds'),
    };
    checkListOptions(options, true);
    const encoding = watchEncodingOf(resource, representation);
    const body = await this.#services.store.watch(resource, request.selection(), options, encoding, signal);
    return { status: 200, headers: { 'content-type': 'application/json' }, body, longRunning: true };
  }

  async #create(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, info } = request;
    // Reviews are answered and not stored; who answers them comes before this handler.
    if (!resource.verbs.includes('get')) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    const object = await request.object();
    return request.answer(201, await this.#services.store.create(request.forWrite(), object));
  }

  async #update(request: ResourceRequest): Promise<ServerResponse> {
    const object = await request.object();
    const write = request.forWrite();
    // Before the store looks for the object: a body for another one is wrong whether or not this one exists.
    matchRequest(object, write);
    const { object: written, created } = await this.#services.store.update(write, {
      produce: () => structuredClone(object),
      demandVersion: true,
      // Without a resourceVersion the last writer wins, however many there are.
      attempts: 100,
    });
    return request.answer(created ? 201 : 200, written);
  }

  async #delete(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, context } = request;
    const options = await readDeletion(context);
    const { object, removed } = await deleteObject(this.#services.store, this.#services, request.forWrite(), options);
    if (!removed || resource.answersDeleted) {
      const cascades = options.orphanDependents === false || options.propagationPolicy === 'Foreground';
      return request.answer(!removed && cascades ? 202 : 200, object);
    }
    const { name, uid } = metadataOf(parseObject(object.bytes));
    const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid };
    return request.answerValue(200, success(details));
  }

  async #deleteCollection(request: ResourceRequest): Promise<ServerResponse> {
    const { resource, representation, context, query } = request;
    const listOptions = { ...readListOptions(query), sendInitialEvents: undefined };
    checkListOptions(listOptions, false);
    const options = await readDeletion(context);
    const matcher = request.selection();
    const list = await deleteCollection(
      this.#services.store,
      this.#services,
      request.forWrite(),
      matcher,
      listOptions,
      options,
    );
    return listResponse(resource, list, representation);
  }
}

/** The Status that tells of success. */
function success(details: object): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
