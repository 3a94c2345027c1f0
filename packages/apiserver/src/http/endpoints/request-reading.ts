/** What the parameters and the body of a resource request say. */
import { fieldError, statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { ListOptions } from '../../cache/list-options.js';
import { isJsonObject, shown } from '../../object/object-bytes.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { readDeleteOptions } from '../../store/deletion.js';
import type { DeleteOptions } from '../../store/deletion.js';
import type { WriteRequest } from '../../store/write-request.js';
import { parseBody } from '../encoding/body-decoding.js';
import type { DecodedBody } from '../encoding/body-decoding.js';
import { bodyLimit } from '../server-request.js';
import type { RequestContext } from '../request-context.js';
import { isTrue } from '../request-info.js';
import type { ResourceRequestInfo } from '../request-info.js';

/** The parsed body of a request. */
export async function readBody(context: RequestContext, expected: string): Promise<DecodedBody> {
  const { request, query } = context;
  const duplicates = query.get('fieldValidation') !== 'Ignore';
  const bytes = await request.body(bodyLimit);
  return parseBody(bytes, request.headers['content-type'], expected, duplicates, context.yamlToJson);
}

/** @throws 422 for a dryRun or fieldManager that is none. */
export function writeRequest(
  context: RequestContext,
  info: ResourceRequestInfo,
  resource: ServedResource,
): WriteRequest {
  const { query, user, signal, warn } = context;
  const dryRun = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const found = [];
  if (dryRun.some((value) => value !== 'All')) found.push(fieldError.notSupported('dryRun', dryRun, ['All']));
  if (fieldManager.length > 128) found.push(fieldError.tooLong('fieldManager', 128));
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(fieldManager))
    found.push(fieldError.invalid('fieldManager', fieldManager, 'must consist of printable characters'));
  if (found.length > 0)
    throw statusErrors.invalid({ group: 'meta.k8s.io', kind: optionKinds[info.verb] ?? 'CreateOptions' }, '', found);
  return {
    resource,
    namespace: info.namespace,
    name: info.name,
    subresource: info.subresource,
    user,
    authorizeCreate: () => context.authorize('create'),
    dryRun: dryRun.length > 0,
    fieldManager: fieldManager || managerOf(context.request.headers['user-agent']),
    warn,
    signal,
  };
}

const optionKinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
};

/** Without a field manager, the first word of the user agent is it. */
function managerOf(userAgent: string | undefined): string {
  return userAgent?.split('/', 1)[0]?.trim().slice(0, 128) || 'unknown';
}

export function readListOptions(query: URLSearchParams): ListOptions {
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: readNumber(query, 'limit'),
    continue: query.get('continue') ?? '',
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined,
  };
}

/**
 * 0 where the parameter is absent. What a number of JavaScript cannot hold exactly becomes the nearest that it can.
 *
 * @throws 400 for what is no 64-bit integer.
 */
export function readNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null) return 0;
  const value = /^[+-]?\d{1,100}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    throw statusErrors.badRequest(`the parameter ${name} must be a 64-bit integer, not '${text.slice(0, 50)}'`);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number(value), Number.MAX_SAFE_INTEGER));
}

/** The options of a delete: from its body, or from the query where there is none. */
export async function readDeletion(context: RequestContext): Promise<DeleteOptions> {
  const { request, query } = context;
  const bytes = await request.body(bodyLimit);
  if (bytes.length > 0) {
    const type = request.headers['content-type'];
    const { value } = await parseBody(bytes, type, 'DeleteOptions', false, context.yamlToJson);
    if (!isJsonObject(value)) throw statusErrors.badRequest('the body is no DeleteOptions');
    const { kind = 'DeleteOptions' } = value;
    // Somebody who sends another thing means another thing than to delete by the defaults.
    if (kind !== 'DeleteOptions')
      throw statusErrors.badRequest(`the body of a delete is DeleteOptions, and not ${shown(kind)}`);
    return readDeleteOptions(value);
  }
  const options: JsonObject = {};
  if (query.has('gracePeriodSeconds')) options['gracePeriodSeconds'] = readNumber(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  if (policy !== null && policy !== '') options['propagationPolicy'] = policy;
  if (query.has('orphanDependents')) options['orphanDependents'] = isTrue(query.get('orphanDependents'));
  return readDeleteOptions(options);
}
