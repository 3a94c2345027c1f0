/**
 * The generic store: creates, reads, changes and deletes the objects of every resource, built-in or custom, by the rules
 * of its `Strategy`. Reads come from the watch cache, writes go to the storage on condition that nothing has changed in
 * between. Neighbours: the HTTP handlers call it, admission plugins are called by it; it knows nothing of HTTP.
 */
import { statusErrors } from '@kubewright/api';
import type { FieldError, JsonObject } from '@kubewright/api';
import { Clock, Plugin, Random, inject } from '@kubewright/core';
import { AdmissionChain } from '../admission/admission.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { keepManagedFieldsTimes } from '../apply/index.js';
import { CachedObject } from '../cache/cached-object.js';
import { listObjects, waitForRevision } from '../cache/list-objects.js';
import type { ListResult } from '../cache/list-objects.js';
import { checkResourceVersion } from '../cache/list-options.js';
import type { ListOptions } from '../cache/list-options.js';
import type { Matcher } from '../cache/matcher.js';
import { WatchCache } from '../cache/watch-cache.js';
import { watchObjects } from '../cache/watch-objects.js';
import type { WatchEncoding, WatchOptions } from '../cache/watch-objects.js';
import { encodeForStorage, metaString, metadataOf } from '../object/object-bytes.js';
import { keyOf, servedObject } from '../registry/served-resource.js';
import type { ServedResource } from '../registry/served-resource.js';
import type { Strategy } from '../strategy.js';
import { sameContent, stringsOf, validateMetadata, validateMetadataUpdate } from './metadata-validation.js';
import { claimNothing, generateName, matchRequest, stampNew, stampUpdate } from './object-identity.js';
import { WriteHooks } from './write-hooks.js';
import { groupResource } from './write-request.js';
import type { WriteRequest } from './write-request.js';

interface Services {
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly admission: AdmissionChain;
  /** What is allocated and released together with objects. */
  readonly hooks: WriteHooks;
}

export interface WriteOutcome {
  readonly object: CachedObject;
  readonly created: boolean;
}

export interface UpdateOptions {
  /** Makes the new object of the stored one, which it must not change; undefined where there is none. Called again after a lost race. */
  produce(live: JsonObject | undefined): Promise<JsonObject> | JsonObject;
  /** Default: that of the resource. */
  readonly strategy?: Strategy;
  /** Whether an absent object is created. Default: what the strategy says. */
  readonly createIfAbsent?: boolean;
  /** Whether the change is recorded in managedFields under the request's manager. Default: true. */
  readonly recordManager?: boolean;
  /** Whether a resourceVersion must be given where the strategy asks for it. Default: false. */
  readonly demandVersion?: boolean;
  /** How often a lost race is run again. Default: 5. */
  readonly attempts?: number;
}

/** How often a generated name that is taken is replaced by another. */
const nameAttempts = 8;
/** The longest object, in bytes of its stored form: as much as one request may carry, since patches add up. */
const longestObject = 3 * 1024 * 1024;

@Plugin({ name: 'object-store' })
export class ObjectStore {
  readonly #services: Services;

  constructor(
    @inject(WatchCache) cache: WatchCache,
    @inject(AdmissionChain) admission: AdmissionChain,
    @inject(WriteHooks) hooks: WriteHooks,
    @inject(Clock) clock: Clock,
    @inject(Random) random: Random,
  ) {
    this.#services = { cache, admission, hooks, clock, random };
  }

  /**
   * The newest state of an object.
   *
   * @param notBefore - a revision that must have been seen first. Default: none
   * @throws 400 for a revision that is none, 404, 504 where the revision is not there yet.
   */
  async get(
    resource: ServedResource,
    namespace: string,
    name: string,
    signal: AbortSignal,
    notBefore = '',
  ): Promise<CachedObject> {
    const { cache, clock } = this.#services;
    checkResourceVersion(notBefore);
    if (notBefore !== '') await waitForRevision(cache, BigInt(notBefore), clock, signal);
    await cache.catchUp(signal);
    const object = this.known(resource, namespace, name);
    if (object === undefined) throw statusErrors.notFound(groupResource(resource), name);
    return object;
  }

  /** An object as far as the cache has it, without waiting for anything. */
  known(resource: ServedResource, namespace: string, name: string): CachedObject | undefined {
    return this.#services.cache.resource(resource.prefix).get(keyOf(resource, namespace, name));
  }

  /** Lists as `listObjects` does. @throws 400, 410 and 504 */
  list(resource: ServedResource, matcher: Matcher, options: ListOptions, signal: AbortSignal): Promise<ListResult> {
    const { cache, clock } = this.#services;
    return listObjects(cache, cache.resource(resource.prefix), matcher, options, clock, signal);
  }

  /** The frames of a watch, as `watchObjects`. */
  watch(
    resource: ServedResource,
    matcher: Matcher,
    options: WatchOptions,
    encoding: WatchEncoding,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { cache } = this.#services;
    return watchObjects(this.#services, cache.resource(resource.prefix), matcher, options, encoding, signal);
  }

  /**
   * Stores a new object, which becomes the store's own.
   *
   * @param recordManager - whether the request's manager owns all of it. Default: true; server-side apply has recorded it already.
   * @throws 400, 409, 422 and whatever admission refuses with.
   */
  async create(request: WriteRequest, object: JsonObject, recordManager = true): Promise<CachedObject> {
    const { clock, random, admission, hooks } = this.#services;
    const { resource } = request;
    matchRequest(object, request);
    const prefix = metaString(object, 'name') === undefined ? metaString(object, 'generateName') : undefined;
    stampNew(object, clock, random);
    resource.strategy.applyDefaults(object);
    const recorded = recordManager ? this.#recorded(request, undefined, object) : object;
    await admission.mutate(this.#admission(request, 'CREATE', recorded, undefined));
    resource.strategy.prepareForCreate(recorded);
    resource.strategy.applyDefaults(recorded);
    this.#refuseInvalid(request, recorded, [
      ...validateMetadata(recorded, resource.nameFormat),
      ...resource.strategy.validate(recorded),
    ]);
    await admission.validate(this.#admission(request, 'CREATE', recorded, undefined));
    for (const warning of resource.strategy.warnings(recorded, undefined)) request.warn(warning);
    const reservation = await hooks.reserve(request, recorded, undefined);
    try {
      const created = await this.#insert(request, recorded, prefix);
      reservation.keep();
      return created;
    } finally {
      reservation[Symbol.dispose]();
    }
  }

  /**
   * Changes an object. A change that changes nothing writes nothing. An object whose last finalizer goes while it is
   * being deleted is removed.
   *
   * @throws 404, 409, 422 and whatever admission or `produce` refuses with.
   */
  async update(request: WriteRequest, options: UpdateOptions): Promise<WriteOutcome> {
    const { cache } = this.#services;
    const { resource } = request;
    const key = keyOf(resource, request.namespace, request.name);
    const strategy = options.strategy ?? resource.strategy;
    await cache.catchUp(request.signal);
    for (let left = options.attempts ?? 5; left > 0; left--) {
      request.signal.throwIfAborted();
      const stored = cache.resource(resource.prefix).get(key);
      if (stored === undefined) {
        if (!(options.createIfAbsent ?? strategy.allowCreateOnUpdate)) break;
        await request.authorizeCreate();
        const fresh = await options.produce(undefined);
        matchRequest(fresh, request);
        claimNothing(fresh, request);
        return { object: await this.create(request, fresh, options.recordManager), created: true };
      }
      const live = servedObject(resource, stored);
      const object = await options.produce(live);
      const outcome = await this.#replace(request, options, strategy, stored, live, object);
      if (outcome !== undefined) return { object: outcome, created: false };
    }
    if (cache.resource(resource.prefix).get(key) === undefined)
      throw statusErrors.notFound(groupResource(resource), request.name);
    throw statusErrors.conflict(groupResource(resource), request.name);
  }

  /** @returns undefined where somebody else was faster. */
  async #replace(
    request: WriteRequest,
    options: UpdateOptions,
    strategy: Strategy,
    stored: CachedObject,
    live: JsonObject,
    object: JsonObject,
  ): Promise<CachedObject | undefined> {
    const { admission, hooks } = this.#services;
    const { resource } = request;
    matchRequest(object, request);
    if (
      options.demandVersion === true &&
      !strategy.allowUnconditionalUpdate &&
      metaString(object, 'resourceVersion') === undefined
    )
      this.#refuseInvalid(request, object, [
        {
          field: 'metadata.resourceVersion',
          reason: 'FieldValueInvalid',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ]);
    stampUpdate(object, live, request);
    strategy.applyDefaults(object);
    let next = options.recordManager === false ? object : this.#recorded(request, live, object);
    await admission.mutate(this.#admission(request, 'UPDATE', next, live));
    strategy.prepareForUpdate(next, live);
    strategy.applyDefaults(next);
    this.#refuseInvalid(request, next, [
      ...validateMetadata(next, resource.nameFormat),
      ...validateMetadataUpdate(next, live),
      ...strategy.validate(next),
      ...strategy.validateUpdate(next, live),
    ]);
    await admission.validate(this.#admission(request, 'UPDATE', next, live));
    for (const warning of strategy.warnings(next, live)) request.warn(warning);
    next = keepManagedFieldsTimes(live, next);
    if (isReleased(resource, next)) return this.#finish(request, stored, next);
    if (sameContent(live, next)) return stored;
    const reservation = await hooks.reserve(request, next, live);
    try {
      const written = await this.write(request, stored, next, refuseTooLong);
      if (written !== undefined) reservation.keep();
      return written;
    } finally {
      reservation[Symbol.dispose]();
    }
  }

  #recorded(request: WriteRequest, live: JsonObject | undefined, updated: JsonObject): JsonObject {
    const { resource, subresource, fieldManager: manager } = request;
    return resource.fieldManager.recordUpdate({ live, updated, manager, subresource });
  }

  /** Removes an object that was waiting for its last finalizer. */
  async #finish(request: WriteRequest, stored: CachedObject, last: JsonObject): Promise<CachedObject | undefined> {
    const removed = await this.remove(request, stored);
    return removed === undefined ? undefined : this.#shown(request, stored.key, last, removed.revision);
  }

  /**
   * Writes a new state over a known one. Returns undefined where somebody else was faster.
   *
   * @param check - throws for bytes that may not be stored. Default: all may, so that whatever is there can be deleted.
   */
  async write(
    request: WriteRequest,
    stored: CachedObject,
    next: JsonObject,
    check: (bytes: Uint8Array) => void = () => undefined,
  ): Promise<CachedObject | undefined> {
    const { cache } = this.#services;
    const bytes = this.#encode(request.resource, next);
    check(bytes);
    if (request.dryRun) return this.#shown(request, stored.key, next, stored.revision);
    const result = await cache.storage.update(stored.key, bytes, stored.revision);
    if (result.ok) return this.#seen(request, stored.key, bytes, result.revision);
    // The cache must see what it missed, or the next attempt fails alike.
    if (result.current !== undefined) await cache.waitFor(result.current.revision, request.signal);
    else await cache.waitFor(await cache.storage.currentRevision(), request.signal);
    return undefined;
  }

  /** Removes a known state and releases what was allocated for it. Returns undefined where somebody else was faster. */
  async remove(request: WriteRequest, stored: CachedObject): Promise<CachedObject | undefined> {
    const { cache, hooks } = this.#services;
    if (request.dryRun) return stored;
    const result = await cache.storage.delete(stored.key, stored.revision);
    if (!result.ok) {
      await cache.waitFor(result.current?.revision ?? (await cache.storage.currentRevision()), request.signal);
      return undefined;
    }
    await cache.waitFor(result.revision);
    await hooks.release(request.resource, stored);
    return stored.at(result.revision);
  }

  async #insert(request: WriteRequest, object: JsonObject, prefix: string | undefined): Promise<CachedObject> {
    const { cache, random } = this.#services;
    const { resource } = request;
    for (let attempt = 0; ; attempt++) {
      const name = metaString(object, 'name') ?? '';
      const key = keyOf(resource, request.namespace, name);
      const bytes = this.#encode(resource, object);
      refuseTooLong(bytes);
      if (request.dryRun) {
        if (cache.resource(resource.prefix).get(key) === undefined) return this.#shown(request, key, object, undefined);
      } else {
        const result = await cache.storage.create(key, bytes);
        if (result.ok) return this.#seen(request, key, bytes, result.revision);
      }
      if (prefix === undefined) throw statusErrors.alreadyExists(groupResource(resource), name);
      if (attempt >= nameAttempts) throw statusErrors.generatedNameTaken(groupResource(resource), name, 1);
      metadataOf(object)['name'] = generateName(prefix, random);
    }
  }

  #encode(resource: ServedResource, object: JsonObject): Uint8Array {
    return encodeForStorage(resource.conversion?.toStored(object) ?? object);
  }

  /** A write is answered once the cache has it, so whoever reads after the answer sees it. */
  async #seen(request: WriteRequest, key: string, bytes: Uint8Array, revision: bigint): Promise<CachedObject> {
    const { cache } = this.#services;
    const resource = cache.resource(request.resource.prefix);
    // Not even a client that is gone interrupts this: what was written counts, and so does what was allocated for it.
    await cache.waitFor(revision);
    const cached = resource.get(key);
    return cached?.revision === revision ? cached : resource.read({ key, value: bytes, revision });
  }

  /** An object that was not stored, or not in this form. */
  #shown(request: WriteRequest, key: string, object: JsonObject, revision: bigint | undefined): CachedObject {
    return CachedObject.unstored(key, this.#encode(request.resource, object), revision);
  }

  #refuseInvalid({ resource, name }: WriteRequest, object: JsonObject, found: readonly FieldError[]): void {
    if (found.length === 0) return;
    throw statusErrors.invalid(
      resource,
      name || (metaString(object, 'name') ?? metaString(object, 'generateName') ?? ''),
      found,
    );
  }

  #admission(
    request: WriteRequest,
    operation: AdmissionRequest['operation'],
    object: JsonObject,
    oldObject: JsonObject | undefined,
  ): AdmissionRequest {
    const { resource, subresource, namespace, user, dryRun, signal } = request;
    const name = request.name || (metaString(object, 'name') ?? '');
    return {
      operation,
      resource,
      subresource,
      namespace,
      name,
      requestName: request.name,
      user,
      dryRun,
      object,
      oldObject,
      warn: request.warn,
      signal,
    };
  }
}

/** @throws 413 */
function refuseTooLong({ length }: Uint8Array): void {
  if (length > longestObject)
    throw statusErrors.tooLarge(`the object would take ${length} bytes, and may take ${longestObject}`);
}

/** Whether an object that is being deleted has nothing left that holds it. */
export function isReleased(resource: ServedResource, object: JsonObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = metadataOf(object);
  if (deletionTimestamp === undefined || stringsOf(finalizers).length > 0) return false;
  if (typeof deletionGracePeriodSeconds === 'number' && deletionGracePeriodSeconds > 0) return false;
  return resource.lifecycle?.isFinished(object) ?? true;
}
