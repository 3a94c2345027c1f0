import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, firstFrames } from '../../testing/requests.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import type { TestApiServer } from '../../testing/start-test-api-server.js';

let server: TestApiServer;
beforeEach(async () => {
  server = await startTestApiServer();
});
afterEach(() => server.stop());

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/example.com/v1/namespaces/default/things';

function define(patterns: Readonly<Record<string, string>>) {
  const fields = Object.entries(patterns).map(([name, pattern]) => [name, { type: 'string', pattern }] as const);
  const spec = { type: 'object', properties: Object.fromEntries(fields) };
  return call(server.transport, 'POST', crds, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  });
}

/** Resolves once the kind is served. */
async function serve(patterns: Readonly<Record<string, string>>): Promise<void> {
  const created = await define(patterns);
  expect(created.status, created.text).toBe(201);
  const revision = created.body.metadata.resourceVersion;
  await firstFrames(server.transport, `${crds}?watch=true&resourceVersion=${revision}`, 1);
}

const create = (spec: object) =>
  call(server.transport, 'POST', things, {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    spec,
  });

describe('patterns of a definition', () => {
  it('cannot be made to backtrack by a value', async () => {
    await serve({ word: '^(a+)+$' });
    expect((await create({ word: `${'a'.repeat(100_000)}!` })).status).toBe(422);
    expect((await create({ word: 'aaa' })).status).toBe(201);
  });

  it('are refused where Go refuses them', async () => {
    const { status, body } = await define({ word: '^(?!x)' });
    expect([status, body.message]).toEqual([
      422,
      expect.stringContaining("must be a valid regular expression, but isn't: error parsing regexp:"),
    ]);
  });

  it('may take so many steps together, however short they are', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, `^(a|b${n}){0,900}$`]));
    expect((await define(many)).body.message).toContain('all patterns together may take 131072 steps');
  });

  it('may have so much text together, and an object so much text to match', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, `^${'ab'.repeat(500)}${n}$`]));
    expect((await define(many)).body.message).toContain('all patterns together have 301390 characters');
    await serve({ a: '^([ab]*a[ab]{900})$', b: 'x' });
    const late = await create({ a: 'ab'.repeat(50_000) });
    expect([late.status, late.body.message]).toEqual([422, expect.stringContaining('too much text for its patterns')]);
    expect((await create({ b: 'x'.repeat(1_000_000) })).status).toBe(201);
  });
});
