import type { Transport } from '@kubewright/informer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, establishDefinition, firstFrames } from '../testing/requests.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';
import type { TestApiServer } from '../testing/start-test-api-server.js';

let server: TestApiServer;
let transport: Transport;
beforeEach(async () => {
  server = await startTestApiServer();
  ({ transport } = server);
});
afterEach(() => server.stop());

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const widgets = '/apis/example.com/v1/namespaces/default/widgets';

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        color: { type: 'string', default: 'red' },
        replicas: { type: 'integer' },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string' } } },
  },
};

function definition(changes: { plural?: string; kind?: string; shortNames?: string[]; versions?: object[] } = {}) {
  const { plural = 'widgets', kind = 'Widget', shortNames = ['wd'], versions = [version('v1', true)] } = changes;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, shortNames, categories: ['all'] },
      versions,
    },
  };
}

function version(name: string, storage: boolean, more: object = {}) {
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
    subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
    additionalPrinterColumns: [{ name: 'Color', type: 'string', jsonPath: '.spec.color' }],
    ...more,
  };
}

const widget = (name: string, spec: object = { size: 1 }) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

const establish = (body: object): Promise<void> => establishDefinition(transport, body);

describe('custom resources', () => {
  it('are served as soon as the definition is established', async () => {
    expect((await call(transport, 'GET', widgets)).status).toBe(404);
    await establish(definition());
    const created = await call(transport, 'POST', widgets, widget('a'));
    expect(created.body).toMatchObject({
      kind: 'Widget',
      metadata: { generation: 1 },
      spec: { size: 1, color: 'red' },
    });
    const list = await call(transport, 'GET', widgets);
    expect(list.body).toMatchObject({ kind: 'WidgetList', items: [{ kind: 'Widget', metadata: { name: 'a' } }] });
    const found = await call(transport, 'GET', `${crds}/widgets.example.com`);
    expect(found.body.status.acceptedNames).toMatchObject({ plural: 'widgets', shortNames: ['wd'] });
    const discovery = await call(transport, 'GET', '/apis/example.com/v1');
    expect(discovery.body.resources.map(({ name }) => name)).toEqual(['widgets', 'widgets/status', 'widgets/scale']);
  });

  it('are validated, pruned, and told of unknown fields', async () => {
    await establish(definition());
    const bad = await call(transport, 'POST', widgets, widget('a', { size: 0 }));
    expect(bad.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.size' }] } });
    const pruned = await call(transport, 'POST', widgets, widget('a', { size: 1, extra: true }));
    expect(pruned.body.spec).toEqual({ size: 1, color: 'red' });
    expect(pruned.headers['warning']).toContain('unknown field \\"spec.extra\\"');
    const strict = await call(
      transport,
      'POST',
      `${widgets}?fieldValidation=Strict`,
      widget('b', { size: 1, extra: true }),
    );
    expect(strict.body.message).toContain('strict decoding error: unknown field "spec.extra"');
  });

  it('have status and scale subresources and count generations', async () => {
    await establish(definition());
    const { body } = await call(transport, 'POST', widgets, { ...widget('a'), status: { phase: 'ignored' } });
    expect(body.status).toBeUndefined();
    const status = await call(transport, 'PUT', `${widgets}/a/status`, {
      ...body,
      spec: { size: 9 },
      status: { phase: 'Ready', replicas: 2 },
    });
    expect(status.body).toMatchObject({ metadata: { generation: 1 }, spec: { size: 1 }, status: { phase: 'Ready' } });
    const scaled = await call(
      transport,
      'PATCH',
      `${widgets}/a/scale`,
      { spec: { replicas: 5 } },
      'application/merge-patch+json',
    );
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 }, status: { replicas: 2 } });
    const after = await call(transport, 'GET', `${widgets}/a`);
    expect(after.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 5 } });
    const unconditional = await call(transport, 'PUT', `${widgets}/a`, widget('a'));
    expect(unconditional.body.message).toContain('must be specified for an update');
  });

  it('are served in several versions, stored in one', async () => {
    await establish(definition({ versions: [version('v1', true), version('v2', false)] }));
    await call(transport, 'POST', widgets, widget('a'));
    const second = await call(transport, 'GET', '/apis/example.com/v2/namespaces/default/widgets/a');
    expect(second.body).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 1 } });
    const list = await call(transport, 'GET', '/apis/example.com/v2/widgets');
    expect(list.body.items[0]?.apiVersion).toBe('example.com/v2');
  });

  it('end their watches when their form changes, and show new defaults', async () => {
    await establish(definition());
    await call(transport, 'POST', widgets, widget('a'));
    const response = await transport.send({ method: 'GET', path: `${widgets}?watch=true&resourceVersion=0` });
    const ended = (async () => {
      for await (const chunk of response.body) expect(chunk.length).toBeGreaterThan(0);
    })();
    const { spec } = schema.properties;
    const changed = {
      ...schema,
      properties: {
        ...schema.properties,
        spec: { ...spec, properties: { ...spec.properties, mode: { type: 'string', default: 'new' } } },
      },
    };
    const versions = [version('v1', true, { schema: { openAPIV3Schema: changed } })];
    await call(
      transport,
      'PATCH',
      `${crds}/widgets.example.com`,
      { spec: { versions } },
      'application/merge-patch+json',
    );
    await ended;
    expect((await call(transport, 'GET', `${widgets}/a`)).body.spec).toEqual({ size: 1, color: 'red', mode: 'new' });
  });

  it('refuse names that are taken and schemas that are not structural', async () => {
    await establish(definition());
    await establish(definition({ plural: 'gadgets', kind: 'Gadget', shortNames: ['wd'] }));
    const { body } = await call(transport, 'GET', `${crds}/gadgets.example.com`);
    expect(body.status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict' },
      { type: 'Established', status: 'False' },
    ]);
    const loose = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { properties: { spec: {} } } },
    };
    const refused = await call(
      transport,
      'POST',
      crds,
      definition({ plural: 'things', kind: 'Thing', shortNames: [], versions: [loose] }),
    );
    expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('go with their definition, the held ones when they are released', async () => {
    await establish(definition());
    await call(transport, 'POST', widgets, {
      ...widget('held'),
      metadata: { name: 'held', finalizers: ['example.com/hold'] },
    });
    await call(transport, 'POST', widgets, widget('free'));
    const { body } = await call(transport, 'GET', crds);
    const gone = firstFrames(transport, `${widgets}?watch=true&resourceVersion=${body.metadata.resourceVersion}`, 2);
    const end = waitForDeletion(body.metadata.resourceVersion);
    await call(transport, 'DELETE', `${crds}/widgets.example.com`);
    expect(
      (await gone).map(({ type, object }) => `${type} ${object.metadata.name}`).sort((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['DELETED free', 'MODIFIED held']);
    await call(
      transport,
      'PATCH',
      `${widgets}/held`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
    await end;
    expect((await call(transport, 'GET', `${crds}/widgets.example.com`)).status).toBe(404);
  });

  async function waitForDeletion(from: string): Promise<void> {
    const response = await transport.send({ method: 'GET', path: `${crds}?watch=true&resourceVersion=${from}` });
    for await (const chunk of response.body) if (Buffer.from(chunk).toString().includes('"DELETED"')) return;
  }
});
