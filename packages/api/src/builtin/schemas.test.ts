import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Deployment } from '../generated/apps/v1.js';
import { Pod } from '../generated/core/v1.js';
import { apiVersionOf, parseApiVersion } from '../kind/kind.js';
import { builtinResources, builtinSchema, schemaNames, schemaOfKind } from './schemas.js';

describe('built-in schemas', () => {
  it('are found by name and by kind, frozen to any depth', () => {
    const schema = builtinSchema('io.k8s.api.apps.v1.Deployment');
    expect(schemaOfKind(Deployment)).toBe(schema);
    expect(Object.isFrozen(schema.properties?.spec)).toBe(true);
    expect(schema.properties?.spec?.$ref).toBe('io.k8s.api.apps.v1.DeploymentSpec');
    expect(schemaOfKind({ group: 'apps', version: 'v1', kind: 'DeploymentList' })).toBeDefined();
    expect(schemaOfKind({ group: 'example.com', version: 'v1', kind: 'Foo' })).toBeUndefined();
    expect(() => builtinSchema('Nothing')).toThrow("there is no built-in schema 'Nothing'");
  });

  it('refer only to schemas that exist', () => {
    const names = new Set(schemaNames());
    const references = JSON.stringify([...names].map((name) => builtinSchema(name))).matchAll(/"\$ref":"([^"]+)"/g);
    expect([...references].map(([, name]) => name).filter((name) => !names.has(name ?? ''))).toEqual([]);
    expect(names.size).toBeGreaterThan(700);
  });
});

describe('built-in resources', () => {
  it('tell what discovery tells', () => {
    const deployments = builtinResources().find(({ plural }) => plural === 'deployments');
    expect(deployments).toEqual({
      ...Deployment,
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      subresources: [
        {
          name: 'scale',
          kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get', 'patch', 'update'],
        },
        {
          name: 'status',
          kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
    const pods = builtinResources().find(({ plural, group }) => plural === 'pods' && group === '');
    expect(pods?.subresources.find(({ name }) => name === 'exec')?.verbs).toEqual(['create', 'get']);
    expect(pods?.shortNames).toEqual(['po']);
  });

  it('have schemas, and short names that one group uses once', () => {
    for (const resource of builtinResources())
      expect(schemaOfKind(resource), `${apiVersionOf(resource)} ${resource.kind}`).toBeDefined();
    const names = builtinResources().flatMap(({ group, plural, shortNames }) =>
      shortNames.map((name) => `${group}/${name}=${plural}`),
    );
    const owners = new Map([...new Set(names)].map((name): [string, string] => [name.split('=')[0] ?? '', name]));
    expect(owners.size).toBe(new Set(names).size);
  });

  it('scope what is namespaced and what is not', () => {
    const scope = (plural: string) => builtinResources().find((resource) => resource.plural === plural)?.scope;
    expect([scope('pods'), scope('nodes'), scope('namespaces'), scope('localsubjectaccessreviews')]).toEqual([
      'Namespaced',
      'Cluster',
      'Cluster',
      'Namespaced',
    ]);
  });
});

describe('kinds', () => {
  it('are values and types of one name', () => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    };
    expect(parseApiVersion(apiVersionOf(Deployment))).toEqual({ group: 'apps', version: 'v1' });
    expect(parseApiVersion('v1')).toEqual({ group: '', version: 'v1' });
    expect(Pod).toMatchObject({ kind: pod.kind, version: pod.apiVersion, plural: 'pods', scope: 'Namespaced' });
  });
});

/** Every module that a module loads, itself included; imports of types load nothing. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)\.js';/gm);
  for (const [, path = ''] of imports) loaded(resolve(dirname(file), `${path}.ts`), seen);
  return seen;
}

describe('loading', () => {
  const source = resolve(import.meta.dirname, '..');
  const text = resolve(source, 'generated/schemas.ts');

  it.each(['index.ts', 'generated/apps/v1.ts', 'generated/core/v1.ts'])('of %s does not load the schemas', (entry) => {
    expect(loaded(resolve(source, entry))).not.toContain(text);
  });

  it('of the schemas entry does', () => {
    expect(loaded(resolve(source, 'builtin/schemas.ts'))).toContain(text);
  });
});
