/** The scale subresource: one shape for the number of replicas of every kind that has one. */
import { LabelSelector, statusErrors } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { applyJsonPatch, applyMergePatch } from '@kubewright/api/patch';
import { own, setOwn } from '@kubewright/api/json';
import { isJsonObject, metadataOf } from '../../object/object-bytes.js';
import { servedObject } from '../../registry/served-resource.js';
import type { ScalePaths, ServedResource } from '../../registry/served-resource.js';
import type { ObjectStore } from '../../store/object-store.js';
import { groupResource } from '../../store/write-request.js';
import type { WriteRequest } from '../../store/write-request.js';
import { parseBody, parseJson, parseYaml, textOfBody } from '../encoding/body-decoding.js';
import { mediaTypeOf } from '../encoding/negotiation.js';
import type { RequestContext } from '../request-context.js';
import type { ServerResponse } from '../server-request.js';
import { bodyLimit } from '../server-request.js';
import type { ResourceRequest } from './resource-request.js';

export async function serveScale(
  store: ObjectStore,
  request: ResourceRequest,
  write: WriteRequest,
  paths: ScalePaths,
): Promise<ServerResponse> {
  const { context, resource, info, signal } = request;
  const { namespace, name, verb } = info;
  if (verb === 'get') {
    const object = await store.get(resource, namespace, name, signal);
    return request.answerValue(200, scaleOf(servedObject(resource, object), paths));
  }
  const change = await readChange(context, verb, resource);
  const { object } = await store.update(write, {
    produce(live) {
      if (live === undefined) throw statusErrors.notFound(groupResource(resource), name);
      const scale = change(scaleOf(live, paths));
      const replicas = isJsonObject(scale['spec']) ? (scale['spec']['replicas'] ?? 0) : 0;
      if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
        throw statusErrors.invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
          {
            field: 'spec.replicas',
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
          },
        ]);
      const next = structuredClone(live);
      setAt(next, paths.specReplicas, replicas);
      const { resourceVersion, uid } = isJsonObject(scale['metadata']) ? scale['metadata'] : {};
      Object.assign(metadataOf(next), { resourceVersion: resourceVersion ?? '', uid: uid ?? '' });
      return next;
    },
    createIfAbsent: false,
  });
  return request.answerValue(200, scaleOf(servedObject(resource, object), paths));
}

/** How the request turns the present scale into the wanted one. */
async function readChange(
  context: RequestContext,
  verb: string,
  resource: ServedResource,
): Promise<(scale: JsonObject) => JsonObject> {
  const type = context.request.headers['content-type'];
  const body = await context.request.body(bodyLimit);
  if (verb === 'update') {
    const { value } = await parseBody(body, type, 'Scale', false, context.yamlToJson);
    if (!isJsonObject(value)) throw statusErrors.badRequest('the body is no Scale');
    return () => value;
  }
  if (verb !== 'patch') throw statusErrors.methodNotSupported(groupResource(resource), verb);
  const text = textOfBody(body, 'Scale');
  const format = mediaTypeOf(type);
  if (format === 'application/apply-patch+yaml') {
    const { value } = await parseYaml(text, 'Scale', context.yamlToJson);
    if (!isJsonObject(value)) throw statusErrors.badRequest('the body is no Scale');
    return (scale) => applyMergePatch(scale, { spec: value['spec'] ?? {} });
  }
  const { value } = parseJson(text, 'Scale', false);
  switch (format) {
    case 'application/json-patch+json':
      return (scale) => applyJsonPatch(scale, value);
    // A scale has no lists, so both kinds of merge come to the same.
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return (scale) => applyMergePatch(scale, value);
    default:
      throw statusErrors.unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json']);
  }
}

const shownMetadata = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];

function scaleOf(object: JsonObject, paths: ScalePaths): JsonObject {
  const selector = paths.selector && read(object, paths.selector);
  const text = selectorText(selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(
      shownMetadata.flatMap((key) => {
        const value = metadataOf(object)[key];
        return value === undefined ? [] : [[key, value] as const];
      }),
    ),
    spec: { replicas: read(object, paths.specReplicas) ?? 0 },
    status: { replicas: read(object, paths.statusReplicas) ?? 0, ...(text === '' ? {} : { selector: text }) },
  };
}

/** A selector as text: from a text, from a selector object, or from the bare labels of a replication controller. */
function selectorText(selector: MutableJson | undefined): string {
  if (typeof selector === 'string') return selector;
  if (!isJsonObject(selector)) return '';
  const whole = ['matchLabels', 'matchExpressions'].some((key) => Object.hasOwn(selector, key))
    ? selector
    : { matchLabels: selector };
  try {
    return LabelSelector.from(whole).toString();
  } catch {
    return '';
  }
}

function read(object: JsonObject, path: readonly string[]): MutableJson | undefined {
  let value: MutableJson | undefined = object;
  for (const step of path) value = isJsonObject(value) ? own(value, step) : undefined;
  return value;
}

function setAt(object: JsonObject, path: readonly string[], value: MutableJson): void {
  let at = object;
  for (const step of path.slice(0, -1)) {
    const inner = own(at, step);
    const next: JsonObject = isJsonObject(inner) ? inner : {};
    setOwn(at, step, next);
    at = next;
  }
  setOwn(at, path.at(-1) ?? '', value);
}
