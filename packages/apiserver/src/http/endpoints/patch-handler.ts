import { StatusError, decodeStrict, fieldError, prune, statusErrors } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from '@kubewright/api/patch';
import { isJsonObject } from '../../object/object-bytes.js';
import type { ServedResource } from '../../registry/served-resource.js';
import type { ObjectStore, UpdateOptions } from '../../store/object-store.js';
import { groupResource } from '../../store/write-request.js';
import type { WriteRequest } from '../../store/write-request.js';
import { parseJson, parseYaml, readFieldValidation, reportFindings, textOfBody } from '../encoding/body-decoding.js';
import type { FieldValidation } from '../encoding/body-decoding.js';
import { mediaTypeOf } from '../encoding/negotiation.js';
import type { RequestContext } from '../request-context.js';
import { isTrue } from '../request-info.js';
import { bodyLimit } from '../server-request.js';
import type { ServerResponse } from '../server-request.js';
import type { ResourceRequest } from './resource-request.js';

const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

/** Answers a PATCH of an object or of one of its subresources. */
export async function patchObject(
  store: ObjectStore,
  request: ResourceRequest,
  write: WriteRequest,
  overrides: Pick<UpdateOptions, 'strategy'> = {},
): Promise<ServerResponse> {
  const options = await readPatch(request.context, write);
  const { object, created } = await store.update(write, { ...options, ...overrides });
  return request.answer(created ? 201 : 200, object);
}

/**
 * The change that a patch makes, as the store wants it.
 *
 * @throws 400 for a body that is no patch, 415 for a format that the resource does not have.
 */
async function readPatch(context: RequestContext, request: WriteRequest): Promise<UpdateOptions> {
  const { query } = context;
  const { resource } = request;
  const type = mediaTypeOf(context.request.headers['content-type']);
  const formats = resource.custom
    ? [jsonPatch, mergePatch, applyPatch]
    : [jsonPatch, mergePatch, strategicPatch, applyPatch];
  if (!formats.includes(type)) throw statusErrors.unsupportedMediaType(formats);
  const body = await context.request.body(bodyLimit);
  const validation = readFieldValidation(query.get('fieldValidation'));
  if (type === applyPatch) return readApply(body, context, request, validation);
  if (query.has('force'))
    throw statusErrors.invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      fieldError.forbidden('force', 'may not be specified for non-apply patch'),
    ]);
  const text = textOfBody(body, 'patch');
  const { value, duplicates } = parseJson(text, 'patch', validation !== 'Ignore');
  reportFindings(duplicates, [], validation, 'the patch cannot be handled', context.warn);
  return {
    produce(live) {
      if (live === undefined) throw statusErrors.notFound(groupResource(resource), request.name);
      const patched = applyTo(live, value, type, resource);
      checkPatched(patched, resource, validation, context.warn);
      return patched;
    },
    createIfAbsent: false,
  };
}

function applyTo(live: JsonObject, patch: MutableJson, type: string, resource: ServedResource): JsonObject {
  if (type === jsonPatch) return applyJsonPatch(live, patch);
  if (type === mergePatch) return applyMergePatch(live, patch);
  if (resource.schema === undefined) throw statusErrors.unsupportedMediaType([jsonPatch, mergePatch]);
  return applyStrategicMergePatch(live, patch, resource.schema, resource.resolve);
}

async function readApply(
  body: Uint8Array,
  context: RequestContext,
  request: WriteRequest,
  validation: FieldValidation,
): Promise<UpdateOptions> {
  const { resource, subresource, fieldManager: manager } = request;
  if (!context.query.has('fieldManager') || context.query.get('fieldManager') === '')
    throw statusErrors.invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { field: 'fieldManager', reason: 'FieldValueRequired', message: 'Required value: is required for apply patch' },
    ]);
  const { value } = await parseYaml(textOfBody(body, resource.kind), resource.kind, context.yamlToJson);
  if (!isJsonObject(value))
    throw statusErrors.badRequest('error decoding YAML: the applied configuration is no object');
  const force = isTrue(context.query.get('force'));
  return {
    produce(live) {
      const applied = resource.fieldManager.applyPatch({ live, config: value, manager, force, subresource });
      checkPatched(applied, resource, validation, context.warn);
      return applied;
    },
    createIfAbsent: subresource === '',
    recordManager: false,
  };
}

/** A patch may have made something of the object that could not have been sent. */
function checkPatched(
  object: JsonObject,
  resource: ServedResource,
  validation: FieldValidation,
  warn: (text: string) => void,
): void {
  const { kind, version, schema } = resource;
  if (schema === undefined) return;
  const cannot = `${kind} in version "${version}" cannot be handled as a ${kind}`;
  if (resource.custom) return reportFindings([], prune(schema, object), validation, cannot, warn);
  const { typeError, unknownFields } = decodeStrict(schema, object, resource.resolve);
  if (typeError !== undefined)
    throw new StatusError({ code: 400, reason: 'BadRequest', message: `${cannot}: ${typeError}` });
  reportFindings([], unknownFields, validation, cannot, warn);
}
