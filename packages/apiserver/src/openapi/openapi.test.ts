import { builtinResources } from '@kubewright/api/schemas';
import { describe, expect, it } from 'vitest';
import type { DiscoveredResource } from '../discovery/index.js';
import { OpenApi } from './openapi.js';

const site: DiscoveredResource = {
  group: 'web.example.com',
  version: 'v1',
  kind: 'Website',
  plural: 'websites',
  singular: 'website',
  scope: 'Namespaced',
  shortNames: [],
  categories: [],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [],
  schema: {
    type: 'object',
    description: 'A site.',
    properties: {
      spec: {
        type: 'object',
        properties: {
          port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
          any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  },
};
const openApi = new OpenApi([...builtinResources(), site], 'v1.36.0');

type Tree = { readonly [key: string]: Tree };

async function json(document: Promise<{ readonly body: Buffer }> | undefined): Promise<Tree> {
  return JSON.parse((await document)?.body.toString() ?? 'null') as Tree;
}

describe('version 3', () => {
  it('indexes the documents by hash', () => {
    const { paths } = JSON.parse(openApi.indexV3().body.toString()) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    expect(paths['apis/apps/v1']?.serverRelativeURL).toBe(
      `/openapi/v3/apis/apps/v1?hash=${openApi.hashV3('apis/apps/v1') ?? ''}`,
    );
    expect(paths['apis/web.example.com/v1']).toBeDefined();
    expect(openApi.documentV3('apis/none/v1')).toBeUndefined();
  });

  it('describes what each method takes and does', async () => {
    const item = (await json(openApi.documentV3('apis/apps/v1')))['paths']?.[
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}'
    ];
    const names = Object.values(item?.['patch']?.['parameters'] ?? {}).map((parameter) => parameter['name']);
    expect(names).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(item?.['patch']).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      tags: ['apps_v1'],
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', kind: 'Deployment', version: 'v1' },
    });
    expect(Object.keys(item?.['patch']?.['requestBody']?.['content'] ?? {})).toContain(
      'application/strategic-merge-patch+json',
    );
  });

  it('refers only to schemas that it holds', async () => {
    for (const path of Object.keys((JSON.parse(openApi.indexV3().body.toString()) as { paths: object }).paths)) {
      const text = (await openApi.documentV3(path))?.body.toString() ?? '';
      const schemas = (JSON.parse(text) as { components: { schemas: object } }).components.schemas;
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        expect(schemas).toHaveProperty([name ?? '']);
    }
  });

  it('keeps a custom resource’s schema whole', async () => {
    const schemas = (await json(openApi.documentV3('apis/web.example.com/v1')))['components']?.['schemas'];
    expect(schemas?.['com.example.web.v1.Website']).toEqual({
      ...site.schema,
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
        ...site.schema?.properties,
      },
      'x-kubernetes-group-version-kind': [{ group: 'web.example.com', version: 'v1', kind: 'Website' }],
    });
    expect(schemas).toHaveProperty(['com.example.web.v1.WebsiteList']);
  });

  it('takes over what has not changed', () => {
    const core = openApi.documentV3('api/v1');
    const next = new OpenApi([...builtinResources(), { ...site, shortNames: ['ws'] }], 'v1.36.0', openApi);
    expect(next.documentV3('api/v1')).toBe(core);
    expect(next.hashV3('apis/web.example.com/v1')).not.toBe(openApi.hashV3('apis/web.example.com/v1'));
  });

  it('builds a document once', () => {
    expect(openApi.documentV3('api/v1')).toBe(openApi.documentV3('api/v1'));
  });
});

describe('version 2', () => {
  it('as JSON says what patches merge by', async () => {
    const document = await json(openApi.jsonV2());
    expect(document).toMatchObject({ swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.36.0' } });
    expect(document['definitions']?.['io.k8s.api.core.v1.PodSpec']?.['properties']?.['containers']).toMatchObject({
      items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(document['definitions']?.['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({ type: 'string' });
    expect(document['definitions']?.['com.example.web.v1.Website']?.['properties']?.['spec']?.['properties']).toEqual({
      any: { 'x-kubernetes-preserve-unknown-fields': true },
      port: { 'x-kubernetes-int-or-string': true },
    });
  });

  it('as protobuf says the same', async () => {
    const root = decode((await openApi.protobufV2()).body);
    expect(text(root, 1)).toBe('2.0');
    expect(text(decode(bytes(root, 2)), 2)).toBe('v1.36.0');
    const expected = await json(openApi.jsonV2());
    const paths = all(decode(bytes(root, 8)), 2).map(decode);
    expect(paths.map((path) => text(path, 1))).toEqual(Object.keys(expected['paths'] ?? {}));
    const definitions = new Map(
      all(decode(bytes(root, 9)), 1)
        .map(decode)
        .map((entry) => [text(entry, 1), decode(bytes(entry, 2))]),
    );
    expect([...definitions.keys()]).toEqual(Object.keys(expected['definitions'] ?? {}));
    const spec = definitions.get('io.k8s.api.core.v1.PodSpec') ?? [];
    const properties = new Map(
      all(decode(bytes(spec, 25)), 1)
        .map(decode)
        .map((entry) => [text(entry, 1), decode(bytes(entry, 2))]),
    );
    const containers = properties.get('containers') ?? [];
    expect(text(decode(bytes(containers, 22)), 1)).toBe('array');
    expect(text(decode(bytes(decode(bytes(containers, 23)), 1)), 1)).toBe('#/definitions/io.k8s.api.core.v1.Container');
    const extensions = all(containers, 31)
      .map(decode)
      .map((entry) => [text(entry, 1), text(decode(bytes(entry, 2)), 2)]);
    expect(extensions).toContainEqual(['x-kubernetes-patch-merge-key', '"name"\n']);
    const pods = paths.find((path) => text(path, 1) === '/api/v1/namespaces/{namespace}/pods') ?? [];
    const post = decode(bytes(decode(bytes(pods, 2)), 4));
    expect(text(post, 5)).toBe('createCoreV1NamespacedPod');
    const body = decode(bytes(decode(bytes(decode(all(post, 8)[0] ?? new Uint8Array()), 1)), 1));
    expect([text(body, 2), text(body, 3), text(decode(bytes(body, 5)), 1)]).toEqual([
      'body',
      'body',
      '#/definitions/io.k8s.api.core.v1.Pod',
    ]);
  });
});

/** A message's fields in order: number, then bytes or number. */
type Fields = readonly (readonly [number, Uint8Array | number])[];

function decode(message: Uint8Array): Fields {
  const fields: [number, Uint8Array | number][] = [];
  let position = 0;
  const varint = (): number => {
    let [value, scale, byte] = [0, 1, 0];
    do {
      byte = message[position++] ?? 0;
      value += (byte % 128) * scale;
      scale *= 128;
    } while (byte > 127);
    return value;
  };
  while (position < message.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) fields.push([field, varint()]);
    else {
      const length = type === 1 ? 8 : varint();
      if (position + length > message.length) throw new Error('a field ends behind its message');
      fields.push([field, message.subarray(position, position + length)]);
      position += length;
    }
  }
  return fields;
}

function all(fields: Fields, number: number): Uint8Array[] {
  return fields.flatMap(([field, value]) => (field === number && typeof value !== 'number' ? [value] : []));
}

function bytes(fields: Fields, number: number): Uint8Array {
  return all(fields, number)[0] ?? new Uint8Array();
}

function text(fields: Fields, number: number): string {
  return Buffer.from(bytes(fields, number)).toString();
}
