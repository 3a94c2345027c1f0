/** What the server alone decides about an object's identity: its kind, name, namespace, uid and times. */
import { apiVersionOf, statusErrors } from '@kubewright/api';
import type { GroupVersionKind, JsonObject } from '@kubewright/api';
import type { Clock, Random } from '@kubewright/core';
import { isJsonObject, metaString, metadataOf, shown } from '../object/object-bytes.js';
import type { WriteRequest } from './write-request.js';
import { groupResource } from './write-request.js';

/** Without vowels and look-alikes, so that no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const longestName = 63;

/** A name that starts with the prefix, cut so that it stays within 63 characters. */
export function generateName(prefix: string, random: Random): string {
  const base = prefix.slice(0, longestName - suffixLength);
  return (
    base + Array.from({ length: suffixLength }, () => alphabet[Math.floor(random.next() * alphabet.length)]).join('')
  );
}

/** As the API writes times: to the second, in UTC. */
export function timestamp(clock: Clock, offsetSeconds = 0): string {
  return `${new Date(clock.now() + offsetSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * Holds a body against the path it was sent to, and fills in the namespace, which the path says.
 *
 * @throws 400 where the two disagree, or the path names an object and the body does not.
 */
export function matchRequest(object: JsonObject, request: WriteRequest): void {
  stampKind(object, request.resource);
  const metadata = metadataOf(object);
  const namespace = metaString(object, 'namespace') ?? '';
  if (namespace !== '' && namespace !== request.namespace)
    throw statusErrors.badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  if (request.namespace === '') delete metadata['namespace'];
  else metadata['namespace'] = request.namespace;
  if (request.name === '') return;
  const name = metaString(object, 'name');
  if (name === undefined)
    throw statusErrors.badRequest(
      `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`,
    );
  if (name !== request.name)
    throw statusErrors.badRequest(
      `the name of the object (${name}) does not match the name on the URL (${request.name})`,
    );
}

/** @throws 400 where the object says that it is something else. */
function stampKind(object: JsonObject, kind: GroupVersionKind): void {
  const expected = apiVersionOf(kind);
  const { apiVersion = '', kind: given = '', metadata } = object;
  if (apiVersion !== '' && apiVersion !== expected)
    throw statusErrors.badRequest(
      `the API version in the data (${shown(apiVersion)}) does not match the expected API version (${expected})`,
    );
  if (given !== '' && given !== kind.kind)
    throw statusErrors.badRequest(
      `the kind in the data (${shown(given)}) does not match the expected kind (${kind.kind})`,
    );
  object['apiVersion'] = expected;
  object['kind'] = kind.kind;
  if (metadata === undefined || metadata === null) object['metadata'] = {};
  else if (!isJsonObject(metadata)) throw statusErrors.badRequest('metadata must be an object');
}

/**
 * For a change that creates: a uid names an object that is not there. A resourceVersion keeps a change off what exists, and
 * off that alone; so one that no object has makes a change that only creates.
 *
 * @throws 409 for a uid.
 */
export function claimNothing(object: JsonObject, { resource, name }: WriteRequest): void {
  const uid = metaString(object, 'uid');
  if (uid !== undefined)
    throw statusErrors.conflict(
      groupResource(resource),
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  delete metadataOf(object)['resourceVersion'];
}

/** Gives a new object its uid and time. Its name is there already, or follows from `generateName`. */
export function stampNew(object: JsonObject, clock: Clock, random: Random): void {
  const metadata = metadataOf(object);
  if (metaString(object, 'resourceVersion') !== undefined && metadata['resourceVersion'] !== '0')
    throw statusErrors.badRequest('resourceVersion should not be set on objects to be created');
  const prefix = metaString(object, 'generateName');
  if (metaString(object, 'name') === undefined && prefix !== undefined) metadata['name'] = generateName(prefix, random);
  metadata['uid'] = random.uuid();
  metadata['creationTimestamp'] = timestamp(clock);
  for (const field of ['resourceVersion', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink'])
    delete metadata[field];
}

/**
 * Puts back what an update cannot change.
 *
 * @throws 409 where the body names another object's uid, or a resourceVersion that is no longer the newest.
 */
export function stampUpdate(object: JsonObject, old: JsonObject, request: WriteRequest): void {
  const [metadata, before] = [metadataOf(object), metadataOf(old)];
  const name = metaString(old, 'name') ?? '';
  const uid = metaString(object, 'uid');
  if (uid !== undefined && uid !== before['uid'])
    throw statusErrors.conflict(
      groupResource(request.resource),
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${shown(before['uid'])}`,
    );
  const version = metaString(object, 'resourceVersion');
  if (version !== undefined && version !== '0' && version !== before['resourceVersion'])
    throw statusErrors.conflict(groupResource(request.resource), name);
  delete metadata['selfLink'];
  for (const field of fixedFields) {
    if (before[field] === undefined) delete metadata[field];
    else metadata[field] = before[field];
  }
}

const fixedFields = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];
