/** The generic verbs on resources: from an authorized request to the store, and from what it says to an answer. */
import { statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { Plugin, inject, last } from '@kubewright/core';
import { AdmissionChain } from '../../admission/admission.js';
import { checkListOptions, checkResourceVersion } from '../../cache/list-options.js';
import { listObjects, waitForRevision } from '../../cache/list-objects.js';
import { watchObjects } from '../../cache/watch-objects.js';
import { metadataOf, parseObject } from '../../object/object-bytes.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { deleteCollection } from '../../store/delete-collection.js';
import { deleteObject } from '../../store/deletion.js';
import { ObjectStore } from '../../store/object-store.js';
import { matchRequest } from '../../store/object-identity.js';
import { groupResource } from '../../store/write-request.js';
import { decodeObject, readFieldValidation } from '../encoding/body-decoding.js';
import { negotiate } from '../encoding/negotiation.js';
import type { Representation } from '../encoding/negotiation.js';
import { patchObject } from './patch-handler.js';
import { listResponse, objectResponse, valueResponse, watchEncodingOf } from '../encoding/representations.js';
import { RequestHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';
import { isTrue } from '../request-info.js';
import type { ResourceRequestInfo } from '../request-info.js';
import { readBody, readDeletion, readListOptions, readNumber, writeRequest } from './request-reading.js';
import { selection } from './selection.js';
import { readInclude } from '../encoding/table-encoding.js';
import type { ServerResponse } from '../server-request.js';
import { SubresourceHandler } from './subresources.js';

interface Services {
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly admission: AdmissionChain;
  readonly subresources: SubresourceHandler;
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
  ) {
    this.#services = { registry, store, admission, subresources };
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
      { include: readInclude(context.query), now: () => this.#services.store.services.clock.now() },
    );
    if (info.subresource !== '') return this.#services.subresources.serve(context, info, resource, representation);
    if (!(info.name === '' ? collectionVerbs : objectVerbs).has(info.verb)) throw statusErrors.methodNotAllowed();
    if (!resource.verbs.includes(info.verb)) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    switch (info.verb) {
      case 'get':
        return this.#get(context, info, resource, representation);
      case 'list':
        return this.#list(context, info, resource, representation);
      case 'watch':
        return this.#watch(context, info, resource, representation);
      case 'create':
        return this.#create(context, info, resource, representation);
      case 'update':
        return this.#update(context, info, resource, representation);
      case 'patch':
        return patchObject(this.#services.store, context, writeRequest(context, info, resource), representation);
      case 'delete':
        return this.#delete(context, info, resource, representation);
      case 'deletecollection':
        return this.#deleteCollection(context, info, resource, representation);
      default:
        throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    }
  }

  async #get(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const { cache, clock } = this.#services.store.services;
    const resourceVersion = context.query.get('resourceVersion') ?? '';
    checkResourceVersion(resourceVersion);
    if (resourceVersion !== '') await waitForRevision(cache, BigInt(resourceVersion), clock, context.signal);
    const object = await this.#services.store.get(resource, info.namespace, info.name, context.signal);
    return objectResponse(200, resource, object, representation);
  }

  async #list(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const { cache, clock } = this.#services.store.services;
    const options = readListOptions(context.query);
    checkListOptions(options, false);
    const matcher = selection(resource, info.namespace, info.name, context.query);
    const list = await listObjects(cache, cache.resource(resource.prefix), matcher, options, clock, context.signal);
    return listResponse(resource, list, representation);
  }

  async #watch(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const { services } = this.#services.store;
    const options = {
      ...readListOptions(context.query),
      allowBookmarks: isTrue(context.query.get('allowWatchBookmarks')),
      timeoutSeconds: readNumber(context.query, 'timeoutSeconds'),
    };
    checkListOptions(options, true);
    const matcher = selection(resource, info.namespace, info.name, context.query);
    const encoding = watchEncodingOf(resource, representation);
    const stored = services.cache.resource(resource.prefix);
    const body = await watchObjects(services, stored, matcher, options, encoding, context.signal);
    return { status: 200, headers: { 'content-type': 'application/json' }, body, longRunning: true };
  }

  async #create(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    // Reviews are answered and not stored; who answers them comes before this handler.
    if (!resource.verbs.includes('get')) throw statusErrors.methodNotSupported(groupResource(resource), info.verb);
    const object = await this.#object(context, resource);
    const created = await this.#services.store.create(writeRequest(context, info, resource), object);
    return objectResponse(201, resource, created, representation);
  }

  async #update(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const object = await this.#object(context, resource);
    const request = writeRequest(context, info, resource);
    // Before the store looks for the object: a body for another one is wrong whether or not this one exists.
    matchRequest(object, request);
    const { object: written, created } = await this.#services.store.update(request, {
      produce: () => structuredClone(object),
      demandVersion: true,
      // Without a resourceVersion the last writer wins, however many there are.
      attempts: 100,
    });
    return objectResponse(created ? 201 : 200, resource, written, representation);
  }

  async #delete(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const options = await readDeletion(context);
    const request = writeRequest(context, info, resource);
    const { object, removed } = await deleteObject(this.#services.store, this.#services.admission, request, options);
    if (!removed || resource.answersDeleted) {
      const cascades = options.orphanDependents === false || options.propagationPolicy === 'Foreground';
      return objectResponse(!removed && cascades ? 202 : 200, resource, object, representation);
    }
    const { name, uid } = metadataOf(parseObject(object.bytes));
    const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid };
    return valueResponse(200, success(details), representation);
  }

  async #deleteCollection(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ): Promise<ServerResponse> {
    const listOptions = { ...readListOptions(context.query), sendInitialEvents: undefined };
    checkListOptions(listOptions, false);
    const options = await readDeletion(context);
    const matcher = selection(resource, info.namespace, '', context.query);
    const request = writeRequest(context, info, resource);
    const list = await deleteCollection(
      this.#services.store,
      this.#services.admission,
      request,
      matcher,
      listOptions,
      options,
    );
    return listResponse(resource, list, representation);
  }

  async #object(context: RequestContext, resource: ServedResource): Promise<JsonObject> {
    return decodeObject(
      await readBody(context, resource.kind),
      resource,
      readFieldValidation(context.query.get('fieldValidation')),
      context.warn,
    );
  }
}

/** The Status that tells of success. */
function success(details: object): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
