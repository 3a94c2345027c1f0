import { fieldError, statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { Clock } from '@kubewright/core';
import type { AdmissionChain } from '../admission/admission.js';
import type { CachedObject } from '../cache/cached-object.js';
import { isJsonObject, metadataOf } from '../object/object-bytes.js';
import { servedObject } from '../registry/served-resource.js';
import type { ServedResource } from '../registry/served-resource.js';
import { stringsOf } from './metadata-validation.js';
import { timestamp } from './object-identity.js';
import type { ObjectStore } from './object-store.js';
import { groupResource } from './write-request.js';
import type { WriteRequest } from './write-request.js';

const policies = ['Background', 'Foreground', 'Orphan'] as const;

export type PropagationPolicy = (typeof policies)[number];

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: PropagationPolicy | undefined;
  /** The predecessor of the policy: true orphans, false deletes in the background. */
  readonly orphanDependents: boolean | undefined;
  readonly dryRun: boolean;
  readonly preconditions: { readonly uid: string | undefined; readonly resourceVersion: string | undefined };
}

/** What a deletion needs beside the store. */
export interface DeletionServices {
  readonly admission: AdmissionChain;
  readonly clock: Clock;
}

export interface DeleteOutcome {
  readonly object: CachedObject;
  /** False where finalizers or a grace period keep the object for now. */
  readonly removed: boolean;
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** @throws 422 for values that contradict each other. */
export function readDeleteOptions(body: JsonObject): DeleteOptions {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = body;
  const found = [];
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds !== null && !Number.isInteger(gracePeriodSeconds))
    found.push(fieldError.invalid('gracePeriodSeconds', gracePeriodSeconds, 'must be a whole number'));
  const policy = policies.find((each) => each === propagationPolicy);
  const asked = propagationPolicy ?? undefined;
  if (asked !== undefined && policy === undefined)
    found.push(fieldError.notSupported('propagationPolicy', asked, policies));
  if (asked !== undefined && typeof orphanDependents === 'boolean')
    found.push(
      fieldError.invalid('propagationPolicy', asked, 'orphanDependents and propagationPolicy cannot both be set'),
    );
  const dry = Array.isArray(dryRun) ? dryRun : [];
  if (dry.some((value) => value !== 'All')) found.push(fieldError.notSupported('dryRun', dry, ['All']));
  if (found.length > 0) throw statusErrors.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', found);
  const conditions = isJsonObject(preconditions) ? preconditions : {};
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? Math.max(gracePeriodSeconds, 0) : undefined,
    propagationPolicy: policy,
    orphanDependents: typeof orphanDependents === 'boolean' ? orphanDependents : undefined,
    dryRun: dry.length > 0,
    preconditions: { uid: text(conditions['uid']), resourceVersion: text(conditions['resourceVersion']) },
  };
}

/** Deletes an object, or begins to where finalizers or a grace period hold it. */
export async function deleteObject(
  store: ObjectStore,
  { admission, clock }: DeletionServices,
  asked: WriteRequest,
  options: DeleteOptions,
): Promise<DeleteOutcome> {
  const request = options.dryRun ? { ...asked, dryRun: true } : asked;
  const { resource, namespace, name, subresource, user, dryRun, signal } = request;
  const { gracePeriodSeconds } = options;
  const wish = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
  await store.get(resource, namespace, name, signal);
  for (;;) {
    signal.throwIfAborted();
    const stored = store.known(resource, namespace, name);
    if (stored === undefined) throw statusErrors.notFound(groupResource(resource), name);
    const oldObject = servedObject(resource, stored);
    checkPreconditions(oldObject, options, request);
    const what = { operation: 'DELETE', resource, subresource, namespace, name, requestName: name } as const;
    const admitted = { ...what, user, dryRun, oldObject };
    await admission.mutate({ ...admitted, object: undefined, warn: request.warn, signal });
    await admission.validate({ ...admitted, object: undefined, warn: request.warn, signal });
    const grace = resource.strategy.gracePeriod(oldObject, wish) ?? 0;
    const next = planDeletion(resource, oldObject, options, grace, (seconds) => timestamp(clock, seconds));
    if (next === 'remove') {
      const removed = await store.remove(request, stored);
      if (removed !== undefined) return { object: removed, removed: true };
    } else if (next === 'wait') return { object: stored, removed: false };
    else {
      const written = await store.write(request, stored, next);
      if (written !== undefined) return { object: written, removed: false };
    }
  }
}

/** What a delete makes of an object: nothing more to do, its removal, or the state in which it waits. */
function planDeletion(
  resource: ServedResource,
  live: JsonObject,
  options: DeleteOptions,
  grace: number,
  timeIn: (seconds: number) => string,
): 'remove' | 'wait' | JsonObject {
  const metadata: JsonObject = { ...metadataOf(live) };
  const began = metadata['deletionTimestamp'] !== undefined;
  const finalizers = finalizersAfter(stringsOf(metadata['finalizers']), options);
  const added = began ? undefined : resource.lifecycle?.finalizer;
  if (added !== undefined && !finalizers.includes(added)) finalizers.push(added);
  const held = finalizers.length > 0 || resource.lifecycle?.isFinished(live) === false;
  const before =
    typeof metadata['deletionGracePeriodSeconds'] === 'number' ? metadata['deletionGracePeriodSeconds'] : 0;
  if (!held && (grace === 0 || (began && before === 0))) return 'remove';
  const changed = finalizers.join() !== stringsOf(metadata['finalizers']).join();
  if (began && !changed && grace >= before) return 'wait';

  if (finalizers.length > 0) metadata['finalizers'] = finalizers;
  else delete metadata['finalizers'];
  const next: JsonObject = { ...live, metadata };
  if (!began || grace < before) {
    metadata['deletionTimestamp'] = timeIn(grace);
    metadata['deletionGracePeriodSeconds'] = grace;
    if (typeof metadata['generation'] === 'number') metadata['generation']++;
  }
  if (!began) resource.lifecycle?.beginDeletion(next, timeIn(0));
  return next;
}

function finalizersAfter(
  finalizers: readonly string[],
  { propagationPolicy, orphanDependents }: DeleteOptions,
): string[] {
  const policy =
    propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background');
  // Without a policy, one that an earlier delete or the creator left stays in force.
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (policy === 'Orphan') return [...others, orphan];
  return policy === 'Foreground' ? [...others, foreground] : others;
}

function checkPreconditions(
  live: JsonObject,
  { preconditions }: DeleteOptions,
  { resource, name }: WriteRequest,
): void {
  const { uid, resourceVersion } = metadataOf(live);
  const refuse = (what: string, wanted: string, actual: unknown): never => {
    throw statusErrors.conflict(
      groupResource(resource),
      name,
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${String(actual)}`,
    );
  };
  if (preconditions.uid !== undefined && preconditions.uid !== uid) refuse('UID', preconditions.uid, uid);
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion)
    refuse('ResourceVersion', preconditions.resourceVersion, resourceVersion);
}
