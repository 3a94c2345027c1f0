import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { builtinSchema, schemaNames, schemaOfKind } from '../builtin/schemas.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import { maximumDepth } from '../json/depth.js';
import { checkStructural } from './check-structural.js';
import { decodeStrict } from './decode-strict.js';
import type { Schema } from './schema.js';

function decode(group: string, kind: string, value: JsonObject) {
  return decodeStrict(schemaOfKind({ group, version: 'v1', kind })!, value, builtinSchema);
}

const typeError = (spec: JsonObject, kind = 'Deployment', group = 'apps') => decode(group, kind, { spec }).typeError;

describe('decodeStrict', () => {
  it('accepts a right object as it is', () => {
    const pod: JsonObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'a',
        labels: { app: 'a' },
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [{ fieldsV1: { 'f:spec': {} } }],
      },
      spec: {
        containers: [
          {
            name: 'a',
            resources: { requests: { cpu: '1', memory: '1Gi' } },
            livenessProbe: { httpGet: { port: 'http' } },
            ports: [{ containerPort: 80 }],
          },
        ],
      },
    };
    const before = structuredClone(pod);
    expect(decode('', 'Pod', pod)).toEqual({ unknownFields: [], typeError: undefined });
    expect(pod).toEqual(before);
  });

  it('drops unknown fields and tells where they were', () => {
    const value: JsonObject = {
      foo: 1,
      spec: { Replicas: 1, template: { spec: { containers: [{ name: 'a' }, { name: 'b', imagee: 'x' }] } } },
    };
    expect(decode('apps', 'Deployment', value).unknownFields).toEqual([
      'foo',
      'spec.Replicas',
      'spec.template.spec.containers[1].imagee',
    ]);
    expect(value).toEqual({ spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } } } });
  });

  it.each<[JsonObject, string]>([
    [
      { replicas: 'x' },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { replicas: 1.5 },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { replicas: 3e9 },
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [{ paused: 'yes' }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool'],
    [
      { template: [] },
      'json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec',
    ],
    [
      { template: { spec: { containers: {} } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      { template: { spec: { containers: [{ name: 5 }] } } },
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
    ],
    [
      { selector: { matchLabels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field LabelSelector.spec.selector.matchLabels of type string',
    ],
    [
      { selector: { matchLabels: 'a' } },
      'json: cannot unmarshal string into Go struct field LabelSelector.spec.selector.matchLabels of type map[string]string',
    ],
    [
      { template: { spec: { containers: [{ resources: { limits: { cpu: '1kk' } } }] } } },
      "unable to parse quantity's suffix",
    ],
    [
      { template: { metadata: { creationTimestamp: 'now' } } },
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: true } } },
      'json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type intstr.IntOrString',
    ],
  ])('%j', (spec, expected) => {
    expect(typeError(spec)).toBe(expected);
  });

  it('refuses what is not base64', () => {
    expect(decode('', 'Secret', { data: { a: 'YQ==' } }).typeError).toBeUndefined();
    expect(decode('', 'Secret', { data: { a: 'Y*==' } }).typeError).toBe('illegal base64 data at input byte 1');
    expect(decode('', 'Secret', { data: { a: 'YQ=' } }).typeError).toMatch('illegal base64 data');
  });

  it('takes a null for an absent field, and for an empty value in lists and maps', () => {
    const value: JsonObject = {
      metadata: { creationTimestamp: null, labels: { a: null } },
      spec: { replicas: null, template: { spec: { containers: [null] } } },
    };
    expect(decode('apps', 'Deployment', value)).toEqual({ unknownFields: [], typeError: undefined });
    expect(value).toEqual({ metadata: { labels: { a: '' } }, spec: { template: { spec: { containers: [{}] } } } });
  });

  it('writes quantities and times in their canonical form', () => {
    const pod: JsonObject = {
      metadata: { creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
      spec: { containers: [{ name: 'a', resources: { limits: { cpu: 0.5, memory: '1024Mi', x: null } } }] },
    };
    decode('', 'Pod', pod);
    expect(pod).toEqual({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi', x: '0' } } }] },
    });
    const lease: JsonObject = {
      spec: { renewTime: '2026-01-01T02:00:00.123456+02:00', acquireTime: '2026-01-01T00:00:00Z' },
    };
    decode('coordination.k8s.io', 'Lease', lease);
    expect(lease).toEqual({
      spec: { renewTime: '2026-01-01T00:00:00.123456Z', acquireTime: '2026-01-01T00:00:00.000000Z' },
    });
  });

  it('knows the fields of several types that a CustomResourceDefinition has', () => {
    const openAPIV3Schema = {
      type: 'object',
      properties: {
        a: { type: 'array', items: { type: 'string', default: { any: ['thing'] } }, enum: [1, 'x', null] },
        b: { type: 'object', additionalProperties: true },
        c: { type: 'object', additionalProperties: { type: 'string', typo: 1 } },
      },
    };
    const { unknownFields, typeError: wrong } = decode('apiextensions.k8s.io', 'CustomResourceDefinition', {
      spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema } }] },
    });
    expect(wrong).toBeUndefined();
    expect(unknownFields).toEqual(['spec.versions[0].schema.openAPIV3Schema.properties.c.additionalProperties.typo']);
    expect(openAPIV3Schema.properties.a.enum).toEqual([1, 'x', null]);
  });

  it('goes as deep as a request may', () => {
    let schema: JsonObject = { type: 'string' };
    for (let depth = 0; depth < maximumDepth; depth++) schema = { items: schema };
    expect(
      decode('apiextensions.k8s.io', 'CustomResourceDefinition', {
        spec: { versions: [{ schema: { openAPIV3Schema: schema } }] },
      }),
    ).toEqual({
      unknownFields: [],
      typeError: undefined,
    });
    expect(checkStructural(schema as Schema).length).toBeGreaterThan(0);
  });

  it('survives any input for any kind, and finds nothing new the second time', () => {
    const random = new SeededRandom(42);
    const names = schemaNames().filter(
      (name) => (builtinSchema(name)['x-kubernetes-group-version-kind'] ?? []).length === 1,
    );
    const pick = (choices: readonly string[]): string => choices[Math.floor(random.next() * choices.length)] ?? '';
    const leaves: MutableJson[] = [null, true, 0, -1.5, 1e300, '', 'x', '2026-01-01T00:00:00Z', '1Gi'];
    const anything = (depth: number): MutableJson => {
      const leaf = leaves[Math.floor(random.next() * leaves.length)] ?? null;
      if (depth === 0 || random.next() < 0.4) return leaf;
      if (random.next() < 0.4) return [anything(depth - 1), anything(depth - 1)];
      const keys = [
        'metadata',
        'spec',
        'status',
        'labels',
        'template',
        'containers',
        'items',
        'name',
        '__proto__',
        'constructor',
      ];
      return Object.fromEntries([pick(keys), pick(keys), pick(keys)].map((key) => [key, anything(depth - 1)]));
    };
    for (let run = 0; run < 3000; run++) {
      const schema = builtinSchema(pick(names));
      const value = {
        metadata: anything(3),
        spec: anything(5),
        [pick(['status', 'items', 'data', '__proto__'])]: anything(4),
      };
      const first = decodeStrict(schema, value, builtinSchema);
      const second = decodeStrict(schema, structuredClone(value), builtinSchema);
      expect(second).toEqual({ unknownFields: [], typeError: first.typeError });
    }
  });
});
