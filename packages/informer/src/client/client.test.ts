import { StatusError, statusErrors } from '@kubewright/api';
import { Deployment } from '@kubewright/api/apps/v1';
import { Namespace, Pod } from '@kubewright/api/core/v1';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { informerErrors } from '../errors/informer-errors.js';
import { FakeTransport } from '../testing/fake-transport.js';
import type { FakeHandler } from '../testing/fake-transport.js';
import { WatchStream } from '../testing/watch-stream.js';
import { Client } from './client.js';

const echo: FakeHandler = () => ({ body: { metadata: { name: 'p' } } });

function clientFor(handle: FakeHandler, namespace?: string) {
  const transport = new FakeTransport(handle);
  const clock = new FakeClock();
  const warnings: string[] = [];
  const client = new Client({ transport, clock, namespace, onWarning: (text) => warnings.push(text) });
  const sent = (): string[] => transport.requests.map(({ method, path }) => `${method} ${path}`);
  return { client, clock, transport, sent, warnings };
}
const broken = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

describe('Client requests', () => {
  const key = { name: 'web', namespace: 'shop' };
  const metadata = { name: 'web', namespace: 'shop' };
  const cases: [string, (client: Client) => Promise<unknown>, string, string?][] = [
    ['get', (c) => c.get(Deployment, key), 'GET /apis/apps/v1/namespaces/shop/deployments/web'],
    ['get of the core group', (c) => c.get(Namespace, { name: 'shop' }), 'GET /api/v1/namespaces/shop'],
    [
      'list everywhere',
      (c) => c.list(Pod, { labelSelector: 'app=web,x!=y' }),
      'GET /api/v1/pods?labelSelector=app%3Dweb%2Cx%21%3Dy',
    ],
    [
      'list in the default namespace only if told',
      (c) => c.list(Pod, { namespace: 'shop', limit: 3 }),
      'GET /api/v1/namespaces/shop/pods?limit=3',
    ],
    [
      'create',
      (c) => c.create(Pod, { metadata: { name: 'web' } }, { dryRun: true, fieldValidation: 'Strict' }),
      'POST /api/v1/namespaces/home/pods?dryRun=All&fieldManager=kubewright&fieldValidation=Strict',
      'application/json',
    ],
    [
      'update',
      (c) => c.update(Deployment, { metadata }),
      'PUT /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=kubewright',
      'application/json',
    ],
    [
      'merge patch',
      (c) => c.patch(Pod, key, { type: 'merge', patch: {} }),
      'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=kubewright',
      'application/merge-patch+json',
    ],
    [
      'JSON patch',
      (c) => c.patch(Pod, key, { type: 'json', patch: [] }, { fieldManager: 'me' }),
      'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=me',
      'application/json-patch+json',
    ],
    [
      'strategic merge patch',
      (c) => c.patch(Pod, key, { type: 'strategic', patch: {} }),
      'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=kubewright',
      'application/strategic-merge-patch+json',
    ],
    [
      'apply',
      (c) => c.apply(Deployment, { metadata, spec: { replicas: 2 } }, { force: true }),
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=kubewright&force=true',
      'application/apply-patch+yaml',
    ],
    [
      'delete',
      (c) => c.delete(Pod, key, { preconditions: { uid: 'u' } }),
      'DELETE /api/v1/namespaces/shop/pods/web',
      'application/json',
    ],
    [
      'deleteCollection',
      (c) => c.deleteCollection(Pod, { namespace: 'shop', labelSelector: 'a' }),
      'DELETE /api/v1/namespaces/shop/pods?labelSelector=a',
      'application/json',
    ],
    [
      'status update',
      (c) => c.status(Deployment).update({ metadata, status: { replicas: 1 } }),
      'PUT /apis/apps/v1/namespaces/shop/deployments/web/status?fieldManager=kubewright',
      'application/json',
    ],
    [
      'status apply',
      (c) => c.status(Deployment).apply({ metadata, status: { replicas: 1 } }),
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web/status?fieldManager=kubewright',
      'application/apply-patch+yaml',
    ],
    [
      'scale',
      (c) => c.scale(Deployment).update({ metadata, spec: { replicas: 3 } }),
      'PUT /apis/apps/v1/namespaces/shop/deployments/web/scale?fieldManager=kubewright',
      'application/json',
    ],
    ['evict', (c) => c.pods.evict(key), 'POST /api/v1/namespaces/shop/pods/web/eviction', 'application/json'],
    [
      'bind',
      (c) => c.pods.bind(key, 'node-1'),
      'POST /api/v1/namespaces/shop/pods/web/binding?fieldManager=kubewright',
      'application/json',
    ],
    [
      'logs',
      (c) => c.pods.logs(key, { container: 'app', follow: true, tailLines: 5 }),
      'GET /api/v1/namespaces/shop/pods/web/log?container=app&follow=true&tailLines=5',
    ],
    ['version', (c) => c.discovery.serverVersion(), 'GET /version'],
  ];
  for (const [name, call, expected, contentType] of cases) {
    it(name, async () => {
      const { client, transport, sent } = clientFor(echo, 'home');
      await call(client);
      expect(sent()).toEqual([expected]);
      expect(transport.requests[0]?.headers).toMatchObject({
        'user-agent': 'kubewright',
        ...(contentType !== undefined && { 'content-type': contentType }),
      });
    });
  }

  it('sends what it is given with the kind on it, and the delete options', async () => {
    const { client, transport } = clientFor(echo);
    await client.create(Pod, { metadata: { name: 'p', namespace: 'n' }, spec: { containers: [] } });
    await client.delete(
      Pod,
      { name: 'p', namespace: 'n' },
      { gracePeriodSeconds: 0, propagationPolicy: 'Foreground', preconditions: { resourceVersion: '5' } },
    );
    const bodies = transport.requests.map(({ body }) => JSON.parse(String(body)) as unknown);
    expect(bodies).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec: { containers: [] } },
      {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        propagationPolicy: 'Foreground',
        preconditions: { resourceVersion: '5' },
      },
    ]);
  });

  it('refuses what cannot be a request before sending it', async () => {
    const { client, sent } = clientFor(echo);
    await expect(client.get(Pod, { name: 'p' })).rejects.toSatisfy(informerErrors.NAMESPACE_REQUIRED.is);
    await expect(client.get(Pod, { name: '../x', namespace: 'n' })).rejects.toSatisfy(informerErrors.NAME_INVALID.is);
    await expect(client.get(Pod, { name: 'p', namespace: '..' })).rejects.toSatisfy(informerErrors.NAME_INVALID.is);
    await expect(client.update(Pod, { metadata: { namespace: 'n' } })).rejects.toSatisfy(
      informerErrors.NAME_REQUIRED.is,
    );
    await expect(
      client.create(Pod, { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'p', namespace: 'n' } }),
    ).rejects.toSatisfy(informerErrors.OBJECT_MISMATCH.is);
    expect(sent()).toEqual([]);
  });
});

describe('Client answers', () => {
  it('types the items of a list and walks its pages', async () => {
    const { client, sent } = clientFor(({ path }) => {
      const page = Number(new URL(path, 'http://x').searchParams.get('continue') ?? '0');
      return {
        body: {
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: page < 2 ? { continue: String(page + 1) } : {},
          items: [{ metadata: { name: `p${page}`, uid: `u${page}` } }],
        },
      };
    });
    const names: string[] = [];
    for await (const pod of client.listAll(Pod, { resourceVersion: '0' }))
      names.push(`${pod.kind} ${pod.metadata.name}`);
    expect(names).toEqual(['Pod p0', 'Pod p1', 'Pod p2']);
    expect(sent()).toEqual([
      'GET /api/v1/pods?limit=500&resourceVersion=0',
      'GET /api/v1/pods?limit=500&continue=1',
      'GET /api/v1/pods?limit=500&continue=2',
    ]);
  });

  it('lists objects that have no uid, as those of metrics.k8s.io', async () => {
    const { client } = clientFor(() => ({
      body: { metadata: {}, items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] },
    }));
    const names: (string | undefined)[] = [];
    for await (const { metadata } of client.listAll(Pod)) names.push(metadata.name);
    expect(names).toEqual(['a', 'b']);
  });

  const endless: [string, (page: number) => object, number][] = [
    ['the same token', () => ({ metadata: { continue: 'x' }, items: [] }), 2],
    ['tokens that take turns', (page) => ({ metadata: { continue: String(page % 3) }, items: [] }), 4],
    ['ever another token', (page) => ({ metadata: { continue: String(page) }, items: [] }), 10],
    [
      'the same item',
      (page) => ({ metadata: { continue: String(page) }, items: [{ metadata: { name: 'a', uid: 'u' } }] }),
      11,
    ],
    ['a token without bounds', () => ({ metadata: { continue: 'x'.repeat(10_000) }, items: [] }), 1],
  ];
  for (const [what, body, requests] of endless) {
    it(`gives a listing up whose pages come with ${what}`, async () => {
      let page = 0;
      const { client, sent } = clientFor(() => ({ body: body(page++) }));
      const listing = (async () => {
        for await (const _pod of client.listAll(Pod));
      })();
      await expect(listing).rejects.toSatisfy(informerErrors.LIST_ENDLESS.is);
      expect(sent()).toHaveLength(requests);
    });
  }

  it('lets the event loop turn between two pages', async () => {
    const turned = new AbortController();
    setImmediate(() => turned.abort());
    let page = 0;
    const { client } = clientFor(() => ({
      body: {
        metadata: turned.signal.aborted ? {} : { continue: String(++page) },
        items: [{ metadata: { name: `p${page}` } }],
      },
    }));
    for await (const _pod of client.listAll(Pod));
    expect(page).toBeLessThan(3);
  });

  it('reads the rest in one piece where a page comes too late', async () => {
    const item = (name: string) => ({ metadata: { name, uid: name } });
    const { client } = clientFor(({ path }) => {
      const query = new URL(path, 'http://x').searchParams;
      if (query.has('continue')) return { status: 410, body: statusErrors.expired('too old').toStatus() };
      return query.has('limit')
        ? { body: { metadata: { continue: 'next' }, items: [item('a')] } }
        : { body: { metadata: {}, items: [item('a'), item('b')] } };
    });
    const names: (string | undefined)[] = [];
    for await (const { metadata } of client.listAll(Pod)) names.push(metadata.name);
    expect(names).toEqual(['a', 'b']);
  });

  it('throws the Status of the API, or one made of what a proxy answered', async () => {
    const conflict = clientFor(() => ({
      status: 409,
      body: statusErrors.conflict({ group: '', resource: 'pods' }, 'p').toStatus(),
    })).client;
    await expect(conflict.get(Pod, { name: 'p', namespace: 'n' })).rejects.toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    const proxy = clientFor(() => ({ status: 502, body: '<html>bad gateway</html>' })).client;
    const error: unknown = await proxy.get(Pod, { name: 'p', namespace: 'n' }).catch((thrown: unknown) => thrown);
    expect(StatusError.is(error) && error.message).toContain('bad gateway');
    const nonsense = clientFor(() => ({ body: 'not JSON' })).client;
    await expect(nonsense.get(Pod, { name: 'p', namespace: 'n' })).rejects.toSatisfy(
      informerErrors.RESPONSE_INVALID.is,
    );
  });

  it('hands the warnings of the server on', async () => {
    const { client, warnings } = clientFor(() => ({
      headers: { warning: '299 - "unknown field \\"x\\"", 299 - "deprecated, soon"' },
      body: { metadata: {} },
    }));
    await client.get(Pod, { name: 'p', namespace: 'n' });
    expect(warnings).toEqual(['unknown field "x"', 'deprecated, soon']);
  });

  it('refuses an answer that is too large', async () => {
    const client = new Client({
      transport: new FakeTransport(() => ({ body: 'x'.repeat(200) })),
      clock: new FakeClock(),
      maxResponseBytes: 100,
    });
    await expect(client.get(Pod, { name: 'p', namespace: 'n' })).rejects.toSatisfy(
      informerErrors.RESPONSE_TOO_LARGE.is,
    );
  });

  it('lists the kinds that a server serves', async () => {
    const { client } = clientFor(({ path }) => {
      const resource = {
        resource: 'pods',
        responseKind: { group: '', version: 'v1', kind: 'Pod' },
        scope: 'Namespaced',
        singularResource: 'pod',
        verbs: ['get'],
        shortNames: ['po'],
        subresources: [{ subresource: 'log' }],
      };
      return {
        body: {
          items: path === '/api' ? [{ metadata: {}, versions: [{ version: 'v1', resources: [resource] }] }] : [],
        },
      };
    });
    expect(await client.discovery.discover()).toEqual([
      {
        group: '',
        version: 'v1',
        kind: 'Pod',
        plural: 'pods',
        singular: 'pod',
        scope: 'Namespaced',
        shortNames: ['po'],
        categories: [],
        verbs: ['get'],
        subresources: ['log'],
      },
    ]);
  });
});

describe('Client retries', () => {
  const get = (client: Client): Promise<unknown> => client.get(Pod, { name: 'p', namespace: 'n' });
  const create = (client: Client): Promise<unknown> => client.create(Pod, { metadata: { name: 'p', namespace: 'n' } });
  const busy = (status: number, after?: string) => ({
    status,
    headers: after === undefined ? {} : { 'retry-after': after },
    body: '{}',
  });
  const cases: [string, FakeHandler, (client: Client) => Promise<unknown>, number][] = [
    ['a 429 that says when, up to ten times', () => busy(429, '1'), create, 11],
    ['a 503 that says when', () => busy(503, '2'), get, 11],
    ['a 429 with a date, which is soon', () => busy(429, 'Thu, 01 Jan 2026 00:00:03 GMT'), create, 11],
    ['no 429 that asks for more than a minute', () => busy(429, '61'), get, 1],
    ['no 429 that asks for a year', () => busy(429, '31536000'), get, 1],
    ['no 429 that asks for ever', () => busy(429, '9'.repeat(400)), get, 1],
    ['no 429 with a date in a year', () => busy(429, 'Fri, 01 Jan 2027 00:00:00 GMT'), get, 1],
    ['no 429 whose time is none', () => busy(429, '-1'), get, 1],
    ['no 429 whose time is a word', () => busy(429, 'soon'), get, 1],
    ['a 503 as often as there is time', () => busy(503, '40'), get, 3],
    ['no 500 without a time', () => busy(500), get, 1],
    ['no 409 even with a time', () => busy(409, '1'), create, 1],
    ['a broken connection of a GET', () => Promise.reject(broken()), get, 11],
    ['no broken connection of a write', () => Promise.reject(broken()), create, 1],
    ['no refused connection', () => Promise.reject(new Error('connect ECONNREFUSED')), get, 1],
  ];
  for (const [name, handle, call, requests] of cases) {
    it(name, async () => {
      const { client, clock, sent } = clientFor(handle);
      const failed = expect(call(client)).rejects.not.toSatisfy(informerErrors.REQUEST_TIMEOUT.is);
      await clock.advance(89_999);
      await failed;
      expect(sent()).toHaveLength(requests);
      expect(clock.timers).toBe(0);
    });
  }

  it('gives up when its time is over, or its caller does', async () => {
    const { client, clock } = clientFor(
      (_request, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const late = expect(client.get(Pod, { name: 'p', namespace: 'n' }, { timeout: 500 })).rejects.toSatisfy(
      informerErrors.REQUEST_TIMEOUT.is,
    );
    await clock.advance(500);
    await late;
    const leaving = new AbortController();
    const left = expect(client.get(Pod, { name: 'p', namespace: 'n' }, { signal: leaving.signal })).rejects.toThrow(
      'enough',
    );
    await clock.advance(1);
    leaving.abort(new Error('enough'));
    await left;
    expect(clock.timers).toBe(0);
  });
});

describe('Client watch', () => {
  it('streams events until the signal aborts', async () => {
    const stopping = new AbortController();
    const { client, sent } = clientFor((_request, signal) => {
      const stream = new WatchStream(signal);
      stream.write('{"type":"ADDED","object":{"metadata":{"name":"p"}}}\n');
      return { body: stream };
    });
    const seen: (string | undefined)[] = [];
    const watching = (async () => {
      for await (const { object } of client.watch(Pod, {
        namespace: 'n',
        resourceVersion: '5',
        timeoutSeconds: 9,
        signal: stopping.signal,
      })) {
        seen.push(object.metadata.name);
        stopping.abort(new Error('enough'));
      }
    })();
    await expect(watching).rejects.toThrow('enough');
    expect(seen).toEqual(['p']);
    expect(sent()).toEqual([
      'GET /api/v1/namespaces/n/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=9',
    ]);
  });
});
