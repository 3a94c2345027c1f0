import { request as httpsRequest } from 'node:https';
import { connect } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '@kubewright/pki';
import { call } from '../../testing/requests.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import type { TestApiServer } from '../../testing/start-test-api-server.js';
import { bootstrapObjects } from '../../bootstrap/bootstrap-objects.js';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface Wish {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  readonly anonymous?: boolean;
  /** Default: the administrator's. */
  readonly credentials?: { readonly certificate: string; readonly key: string };
  /** Default: the server of this file. */
  readonly to?: URL;
}

let server: TestApiServer;
let address: URL;
let authority: CertificateAuthority;
let admin: { certificate: string; key: string };

beforeAll(async () => {
  authority = CertificateAuthority.create('test-ca', new SystemClock(), new SystemRandom());
  admin = authority.issue({ commonName: 'admin', organizations: ['system:masters'], usage: 'client' });
  server = await startTestApiServer();
  const own = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1', 'localhost'] });
  address = new URL(await server.server.listen({ ...own, clientAuthority: authority.certificate }));
});
afterAll(() => server.stop());

function http1(path: string, wish: Wish = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, anonymous, credentials: shown = admin, to = address } = wish;
    const credentials = anonymous === true ? {} : { cert: shown.certificate, key: shown.key };
    const sent = httpsRequest(
      {
        host: '127.0.0.1',
        port: to.port,
        path,
        method,
        headers,
        ca: authority.certificate,
        agent: false,
        ...credentials,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    // A text would be sent together with the headers, and change how those are encoded.
    sent.end(body === undefined ? undefined : Buffer.from(body));
  });
}

/** What a POST over HTTP/2 is answered. */
async function http2(path: string, headers: Record<string, string | string[]>, body: string): Promise<unknown> {
  const session = connect(address.origin, { ca: authority.certificate, cert: admin.certificate, key: admin.key });
  const stream = session.request({ ':path': path, ':method': 'POST', ...headers });
  stream.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  session.destroy();
  return JSON.parse(Buffer.concat(chunks).toString());
}

const json = (reply: Reply): Record<string, unknown> => JSON.parse(reply.body.toString()) as Record<string, unknown>;
const maps = '/api/v1/namespaces/default/configmaps';

describe('the HTTPS listener', () => {
  it('serves HTTP/1.1 to clients with a certificate, and nobody else', async () => {
    const version = await http1('/version');
    expect(json(version)).toMatchObject({ major: '1', minor: '36' });
    expect(version.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    const refused = await http1('/version', { anonymous: true });
    expect([refused.status, json(refused)['reason']]).toEqual([401, 'Unauthorized']);
  });

  it("takes nobody with a stranger's certificate for anonymous, and nobody by a certificate that has ended", async () => {
    class Later extends SystemClock {
      ahead = 0;
      override now(): number {
        return super.now() + this.ahead;
      }
    }
    const clock = new Later();
    const { server: second, stop } = await startTestApiServer({
      without: [],
      clock,
      bootstrap: bootstrapObjects({ serviceAddress: '10.96.0.1' }),
    });
    const own = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1'] });
    const url = new URL(await second.listen({ ...own, clientAuthority: authority.certificate }));
    const stranger = CertificateAuthority.create('stranger', new SystemClock(), new SystemRandom());
    const his = stranger.issue({ commonName: 'admin', organizations: ['system:masters'], usage: 'client' });
    const status = async (credentials?: { certificate: string; key: string }): Promise<number> =>
      (await http1('/healthz', { to: url, ...(credentials ? { credentials } : { anonymous: true }) })).status;
    expect([await status(), await status(admin), await status(his)]).toEqual([200, 200, 401]);
    clock.ahead = 2 * 365 * 24 * 60 * 60 * 1000;
    expect([await status(), await status(admin)]).toEqual([200, 401]);
    await stop();
  });

  it.each(['HTTP/1.1', 'HTTP/2'])(
    'keeps the values of a repeated header apart, and reads them as UTF-8, over %s',
    async (version) => {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const bytes = Buffer.from('jané').toString('latin1');
      const headers = { 'impersonate-user': bytes, 'impersonate-group': ['CN=x,OU=y', 'system:masters'] };
      const answer =
        version === 'HTTP/2'
          ? await http2(path, headers, '{}')
          : json(await http1(path, { method: 'POST', headers, body: '{}' }));
      expect(answer).toMatchObject({
        status: { userInfo: { username: 'jané', groups: ['CN=x,OU=y', 'system:masters', 'system:authenticated'] } },
      });
    },
  );

  it('serves several watches on one HTTP/2 connection, and frees them when the client goes', async () => {
    const session = connect(address.origin, { ca: authority.certificate, cert: admin.certificate, key: admin.key });
    const watch = () => session.request({ ':path': `${maps}?watch=true&fieldSelector=metadata.name%3Dh2` });
    const streams = [watch(), watch()];
    const first = streams.map(
      (stream) => new Promise<string>((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString()))),
    );
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve))));
    await call(server.transport, 'POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'h2' } });
    const posted = session.request({ ':path': maps, ':method': 'POST', 'content-type': 'application/json' });
    const status = new Promise((resolve) => posted.once('response', (headers) => resolve(headers[':status'])));
    posted.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }));
    expect(await status).toBe(201);
    const frames = (await Promise.all(first)).map((text) => JSON.parse(text) as { type: string });
    expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'ADDED']);
    session.destroy();
  });

  it('ends watches and closes at once when the server stops', async () => {
    const second = await startTestApiServer();
    const own = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1'] });
    const { origin } = new URL(await second.server.listen({ ...own, clientAuthority: authority.certificate }));
    const session = connect(origin, { ca: authority.certificate, cert: admin.certificate, key: admin.key });
    session.on('error', () => undefined);
    const stream = session.request({ ':path': `${maps}?watch=true` });
    await new Promise((resolve) => stream.once('response', resolve));
    const ended = new Promise<void>((resolve) => stream.resume().once('end', () => resolve()));
    await Promise.all([second.stop(), ended]);
    session.destroy();
  });

  it('answers HEAD without a body', async () => {
    const reply = await http1('/api/v1/namespaces', { method: 'HEAD' });
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
    expect(Number(reply.headers['content-length'])).toBeGreaterThan(100);
  });

  it('refuses bodies that are too long, malformed or of another type', async () => {
    const long = await http1(maps, {
      method: 'POST',
      body: 'x'.repeat(3 * 1024 * 1024 + 1),
      headers: { 'content-type': 'application/json' },
    });
    expect([long.status, json(long)['reason']]).toEqual([413, 'RequestEntityTooLarge']);
    expect(
      (await http1(maps, { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } })).status,
    ).toBe(400);
    expect((await http1(maps, { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } })).status).toBe(
      415,
    );
    expect((await http1(maps, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).status).toBe(406);
    expect((await http1('/api/v1/%zz')).status).toBe(400);
    const deep = `{"metadata":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect((await http1(maps, { method: 'POST', body: deep })).status).toBe(400);
    expect((await http1('/version')).status).toBe(200);
  });

  it('takes YAML 1.1, and no alias bombs', async () => {
    const headers = { 'content-type': 'application/yaml' };
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml, annotations: {a: "x"}}\ndata: {key: "on"}\n';
    const created = await http1(maps, { method: 'POST', headers, body: text });
    expect([created.status, json(created)['data']]).toEqual([201, { key: 'on' }]);
    const asYaml = await http1(`${maps}/yaml`, { headers: { accept: 'application/yaml' } });
    expect(asYaml.body.toString()).toContain('kind: ConfigMap\n');
    const levels = Array.from(
      { length: 12 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(12).fill(`*l${n}`).join(', ')}]`,
    );
    const bomb = ['l0: &l0 x', ...levels].join('\n');
    expect((await http1(maps, { method: 'POST', headers, body: bomb })).status).toBe(400);
  });

  it('compresses long answers for those who ask, and indents on request', async () => {
    const data = { text: 'abc '.repeat(50_000) };
    await call(server.transport, 'POST', maps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'long' },
      data,
    });
    const packed = await http1(`${maps}/long`, { headers: { 'accept-encoding': 'gzip' } });
    expect([packed.headers['content-encoding'], packed.body.length < 10_000]).toEqual(['gzip', true]);
    expect(JSON.parse(gunzipSync(packed.body).toString())).toMatchObject({ data });
    const plain = await http1(`${maps}/long`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect((await http1('/api/v1/namespaces/default?pretty=true')).body.toString()).toContain('\n  "metadata": {\n');
  });

  it('answers upgrades that nobody serves with a Status', async () => {
    const reply = await http1('/api/v1/namespaces/default/pods/a/exec', {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect([reply.status, json(reply)['kind']]).toEqual([404, 'Status']);
  });
});

describe('documents', () => {
  it('tell what is served, with ETags', async () => {
    const groups = json(await http1('/apis'));
    expect(JSON.stringify(groups)).toContain('"apps/v1"');
    const aggregated = await http1('/apis', {
      headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
    });
    expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    const again = await http1('/openapi/v3');
    const known = await http1('/openapi/v3', { headers: { 'if-none-match': String(again.headers['etag']) } });
    expect([again.status, known.status, known.body.length]).toEqual([200, 304, 0]);
    expect((await http1('/openapi/v3/apis/apps/v1')).status).toBe(200);
    expect((await http1('/apis/none.example.com')).status).toBe(404);
  });

  it('tell of health and requests', async () => {
    expect((await http1('/readyz')).body.toString()).toBe('ok');
    expect((await http1('/readyz?verbose')).body.toString()).toContain('[+]informer-sync ok\n');
    expect((await http1('/livez/ping')).status).toBe(200);
    expect((await http1('/livez/none')).status).toBe(404);
    expect((await http1('/metrics')).body.toString()).toMatch(
      /apiserver_request_total\{code="200",component="apiserver",.*verb="GET".*\} \d+/,
    );
  });

  it('show tables and metadata alone', async () => {
    const table = await http1('/api/v1/namespaces', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(json(table)).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['default', 'Active', expect.any(String)] }, {}, {}, {}],
    });
    const partial = await http1('/api/v1/namespaces', {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    });
    const items = json(partial)['items'] as object[];
    expect(items[0]).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: expect.any(Object),
    });
  });
});
