import { StatusError } from '../status/status-error.js';
import type { Json } from '../json/json.js';
import type { Schema } from '../schema/schema.js';
import { builtinSchema } from '../builtin/schemas.js';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import type { ReadonlyJsonObject } from '../json/json-value.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

const podSpec = builtinSchema('io.k8s.api.core.v1.PodSpec');
const deploymentSpec = builtinSchema('io.k8s.api.apps.v1.DeploymentSpec');
const objectMeta = builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
const container = builtinSchema('io.k8s.api.core.v1.Container');
const serviceSpec = builtinSchema('io.k8s.api.core.v1.ServiceSpec');
const budgetSpec = builtinSchema('io.k8s.api.policy.v1.PodDisruptionBudgetSpec');

const patched = (schema: Schema, original: ReadonlyJsonObject, patch: Json): Json =>
  applyStrategicMergePatch(original, patch, schema, builtinSchema);

const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

describe('applyStrategicMergePatch', () => {
  it.each<readonly [name: string, schema: Schema, original: ReadonlyJsonObject, patch: Json, result: Json]>([
    ['replaces a scalar', deploymentSpec, { replicas: 1 }, { replicas: 2 }, { replicas: 2 }],
    ['deletes with null', deploymentSpec, { replicas: 1, paused: true }, { paused: null }, { replicas: 1 }],
    ['merges labels', objectMeta, { labels: { a: '1' } }, { labels: { b: '2' } }, { labels: { a: '1', b: '2' } }],
    [
      'merges containers by name',
      podSpec,
      {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'y' },
        ],
      },
      { containers: [{ name: 'b', image: 'z' }] },
      {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'z' },
        ],
      },
    ],
    [
      'adds an item before those only the object has',
      podSpec,
      { containers: named('a') },
      { containers: named('b') },
      { containers: named('b', 'a') },
    ],
    [
      'deletes an item',
      podSpec,
      { containers: named('a', 'b') },
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: named('b') },
    ],
    [
      'deletes an absent item',
      podSpec,
      { containers: named('b') },
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: named('b') },
    ],
    [
      'replaces a merged list',
      podSpec,
      { containers: named('a', 'b') },
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: named('c') },
    ],
    [
      'replaces a map',
      objectMeta,
      { labels: { a: '1' } },
      { labels: { $patch: 'replace', b: '2' } },
      { labels: { b: '2' } },
    ],
    ['empties a map', objectMeta, { labels: { a: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
    ['replaces a list without strategy', container, { args: ['a', 'b'] }, { args: ['c'] }, { args: ['c'] }],
    [
      'merges env by name',
      container,
      { env: [{ name: 'A', value: '1' }] },
      { env: [{ name: 'A', value: '2' }] },
      { env: [{ name: 'A', value: '2' }] },
    ],
    [
      'merges container ports by containerPort',
      container,
      { ports: [{ containerPort: 80, protocol: 'TCP' }] },
      { ports: [{ containerPort: 80, name: 'http' }] },
      { ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] },
    ],
    [
      'merges service ports by port',
      serviceSpec,
      { ports: [{ port: 80, nodePort: 30000 }] },
      { ports: [{ port: 80, targetPort: 8080 }] },
      { ports: [{ port: 80, nodePort: 30000, targetPort: 8080 }] },
    ],
    [
      'merges lists of scalars without duplicates',
      objectMeta,
      { finalizers: ['a', 'b'] },
      { finalizers: ['b', 'c'] },
      { finalizers: ['a', 'b', 'c'] },
    ],
    [
      'deletes from a list of scalars',
      objectMeta,
      { finalizers: ['a', 'b', 'c'] },
      { '$deleteFromPrimitiveList/finalizers': ['b', 'x'] },
      { finalizers: ['a', 'c'] },
    ],
    [
      'deletes and adds scalars in one patch',
      objectMeta,
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['c', 'b'], finalizers: ['c'] },
      { finalizers: ['c', 'b'] },
    ],
    [
      'orders items',
      podSpec,
      { containers: named('a', 'b', 'c') },
      { '$setElementOrder/containers': named('c', 'a', 'b') },
      { containers: named('c', 'a', 'b') },
    ],
    [
      'keeps items of the object alone near their neighbours',
      podSpec,
      { containers: named('a', 'x', 'b') },
      { '$setElementOrder/containers': named('b', 'a') },
      { containers: named('x', 'b', 'a') },
    ],
    [
      'orders while it merges',
      podSpec,
      { containers: named('a', 'b') },
      { '$setElementOrder/containers': named('c', 'a', 'b'), containers: [{ name: 'c', image: 'i' }] },
      { containers: [{ name: 'c', image: 'i' }, { name: 'a' }, { name: 'b' }] },
    ],
    [
      'orders while it deletes',
      podSpec,
      { containers: named('a', 'b', 'c') },
      { '$setElementOrder/containers': named('c', 'a'), containers: [{ name: 'b', $patch: 'delete' }] },
      { containers: named('c', 'a') },
    ],
    [
      'orders scalars',
      objectMeta,
      { finalizers: ['a', 'b'] },
      { '$setElementOrder/finalizers': ['b', 'a'] },
      { finalizers: ['b', 'a'] },
    ],
    ['ignores an order for an absent list', podSpec, {}, { '$setElementOrder/containers': named('a') }, {}],
    [
      'adds an ordered list that was absent',
      podSpec,
      {},
      { '$setElementOrder/containers': named('a'), containers: named('a') },
      { containers: named('a') },
    ],
    [
      'retains keys',
      deploymentSpec,
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'retains keys of an item',
      podSpec,
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    ],
    [
      'replaces a map of strategy replace',
      budgetSpec,
      { selector: { matchLabels: { a: '1' } } },
      { selector: { matchLabels: { b: '2' } } },
      { selector: { matchLabels: { b: '2' } } },
    ],
    [
      'drops directives of what it adds',
      podSpec,
      {},
      {
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', env: [], '$setElementOrder/env': [], $retainKeys: ['name'] },
        ],
      },
      { containers: [{ name: 'b', env: [] }] },
    ],
    ['drops nulls of what it adds', objectMeta, {}, { labels: { a: '1', b: null } }, { labels: { a: '1' } }],
    [
      'replaces a value of another type',
      objectMeta,
      { labels: 'text' },
      { labels: { a: '1' } },
      { labels: { a: '1' } },
    ],
    [
      'merges nested lists',
      deploymentSpec,
      { template: { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] } } },
      { template: { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] } } },
      {
        template: {
          spec: {
            containers: [
              {
                name: 'a',
                env: [
                  { name: 'Y', value: '2' },
                  { name: 'X', value: '1' },
                ],
              },
            ],
          },
        },
      },
    ],
    [
      'merges fields that the schema does not know as maps, and replaces their lists',
      podSpec,
      { unknown: { a: 1, l: [1] } },
      { unknown: { b: 2, l: [2] } },
      { unknown: { a: 1, b: 2, l: [2] } },
    ],
    [
      'keeps the first of two items with one key',
      container,
      {
        ports: [
          { containerPort: 53, protocol: 'UDP' },
          { containerPort: 53, protocol: 'TCP' },
        ],
      },
      { ports: [{ containerPort: 53, name: 'dns' }] },
      {
        ports: [
          { containerPort: 53, protocol: 'UDP', name: 'dns' },
          { containerPort: 53, protocol: 'TCP' },
        ],
      },
    ],
    [
      'tells the key 80 from "80"',
      container,
      { ports: [{ containerPort: 80 }] },
      { ports: [{ containerPort: '80' }] },
      { ports: [{ containerPort: '80' }, { containerPort: 80 }] },
    ],
  ])('%s', (_name, schema, original, patch, result) => {
    const before = structuredClone({ original, patch });
    expect(patched(schema, original, patch)).toEqual(result);
    expect({ original, patch }).toEqual(before);
  });

  it.each<readonly [name: string, original: ReadonlyJsonObject, patch: Json, code: number, text: string]>([
    ['a patch that is no object', {}, [], 400, 'a strategic merge patch is an object'],
    [
      'an unknown directive',
      { securityContext: {} },
      { securityContext: { $patch: 'shred' } },
      400,
      'unknown patch type: "shred"',
    ],
    [
      'an unknown directive of an item',
      { containers: [] },
      { containers: [{ name: 'a', $patch: 'shred' }] },
      400,
      'unknown patch type',
    ],
    [
      'an item without its key',
      { containers: named('a') },
      { containers: [{ image: 'x' }] },
      400,
      'does not contain declared merge key: name',
    ],
    [
      'a deletion without its key',
      { containers: named('a') },
      { containers: [{ $patch: 'delete' }] },
      400,
      'does not contain declared merge key: name',
    ],
    [
      'an order that is no list',
      { containers: named('a') },
      { '$setElementOrder/containers': 'a' },
      400,
      'invalid patch format of setElementOrder list',
    ],
    [
      'an order that its items do not follow',
      { containers: named('a', 'b') },
      { '$setElementOrder/containers': named('a', 'b'), containers: named('b', 'a') },
      400,
      "doesn't match $setElementOrder list",
    ],
    [
      'a deletion list that is no list',
      { containers: named('a') },
      { '$deleteFromPrimitiveList/x': 'a' },
      400,
      'invalid patch format of primitive list',
    ],
    [
      'retained keys that are no list',
      { securityContext: {} },
      { securityContext: { $retainKeys: 'a' } },
      400,
      'invalid patch format of retainKeys',
    ],
    [
      'retained keys that miss a patched one',
      { securityContext: {} },
      { securityContext: { $retainKeys: ['a'], b: 1 } },
      400,
      'invalid patch format of retainKeys',
    ],
    ['mixed items', { containers: named('a') }, { containers: ['b'] }, 400, 'list element types are not identical'],
  ])('refuses %s', (_name, original, patch, code, text) => {
    try {
      patched(podSpec, original, patch);
    } catch (error) {
      expect(StatusError.is(error) && error.code).toBe(code);
      expect(String(error)).toContain(text);
      return;
    }
    throw new Error('the patch was accepted');
  });

  it('keeps __proto__ an ordinary key', () => {
    const result = patched(
      podSpec,
      JSON.parse('{"__proto__":{"a":1}}') as ReadonlyJsonObject,
      JSON.parse('{"__proto__":{"b":2}}') as Json,
    );
    expect(JSON.stringify(result)).toBe('{"__proto__":{"a":1,"b":2}}');
    expect('b' in {}).toBe(false);
  });

  it('turns any list of containers into any other by the patch of their difference', () => {
    const random = new SeededRandom(7);
    const someContainers = (): { name: string; image: string }[] =>
      'abcdef'
        .split('')
        .map((name) => ({ name, image: `i${Math.floor(random.next() * 3)}`, rank: random.next() }))
        .filter(() => random.next() < 0.6)
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ name, image }) => ({ name, image }));
    for (let round = 0; round < 300; round++) {
      const from = someContainers();
      const to = someContainers();
      const patch = {
        '$setElementOrder/containers': to.map(({ name }) => ({ name })),
        containers: [
          ...to.filter(({ name, image }) => !from.some((item) => item.name === name && item.image === image)),
          ...from
            .filter(({ name }) => !to.some((item) => item.name === name))
            .map(({ name }) => ({ name, $patch: 'delete' })),
        ],
      };
      expect(patched(podSpec, { containers: from }, patch)).toEqual({ containers: to });
    }
  });
});
