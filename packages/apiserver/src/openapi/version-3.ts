/** The version 3 document of one group and version, in pieces: each is small, so that none holds the event loop for long. */
import type { Json } from '@kubewright/api';
import type { DiscoveredResource } from '../discovery/index.js';
import { schemaV3 } from './components.js';
import type { Components } from './components.js';
import { pathsOf } from './paths.js';
import type { ApiPath, Operation, Parameter } from './paths.js';

const answers = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const patches = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const strategic = 'application/strategic-merge-patch+json';

/** @param version - the release that the server speaks for, as `v1.36.0`. */
export function* documentV3(
  resources: readonly DiscoveredResource[],
  components: Components,
  version: string,
): Generator<string> {
  yield `{"openapi":"3.0.0","info":{"title":"Kubernetes","version":${JSON.stringify(version)}},"paths":{`;
  const used = new Set<string>();
  let separator = '';
  for (const resource of resources) {
    for (const path of pathsOf(resource, components)) {
      for (const { body, response } of path.operations) {
        if (body !== undefined) used.add(body);
        if (response !== undefined) used.add(response);
      }
      yield `${separator}${JSON.stringify(path.path)}:${JSON.stringify(pathItem(path, resource.schema !== undefined))}`;
      separator = ',';
    }
  }
  yield '},"components":{"schemas":{';
  separator = '';
  for (const name of components.closure(used)) {
    yield `${separator}${JSON.stringify(name)}:${JSON.stringify(schemaV3(components.schema(name)))}`;
    separator = ',';
  }
  yield '}}}';
}

function pathItem({ parameters, operations }: ApiPath, custom: boolean): Json {
  const item: { [key: string]: Json } = { parameters: parameters.map(parameterJson) };
  for (const operation of operations) item[operation.method] = operationJson(operation, custom);
  return item;
}

function parameterJson({ name, in: place, type }: Parameter): Json {
  return { name, in: place, ...(place === 'path' && { required: true }), schema: { type, uniqueItems: true } };
}

function operationJson(
  { method, action, id, tag, kind, parameters, body, response }: Operation,
  custom: boolean,
): Json {
  const accepted = method === 'patch' ? (custom ? patches : [...patches, strategic]) : ['*/*'];
  const types = [...answers.slice(0, custom ? 2 : 3), ...(action === 'list' ? streams.slice(0, custom ? 1 : 2) : [])];
  const ok = {
    description: 'OK',
    content: response === undefined ? { 'text/plain': { schema: { type: 'string' } } } : content(types, response),
  };
  const responses: { [key: string]: Json } = { '200': ok, '401': { description: 'Unauthorized' } };
  if (['post', 'put', 'patch'].includes(method) && action !== 'connect')
    responses['201'] = { ...ok, description: 'Created' };
  return {
    tags: [tag],
    operationId: id,
    parameters: parameters.map(parameterJson),
    ...(body !== undefined && {
      requestBody: { content: content(accepted, body), ...(method !== 'delete' && { required: true }) },
    }),
    responses,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

function content(types: readonly string[], name: string): Json {
  const schema = { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
