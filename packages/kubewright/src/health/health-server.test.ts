import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { ClusterRole, ClusterRoleBinding } from '@kubewright/api/rbac/v1';
import { Authenticator, TokenAuthenticator } from '@kubewright/apiserver';
import { TestCluster } from '@kubewright/cluster/testing';
import { connectTo } from '@kubewright/controller';
import { Clock, HealthCheck, Host, contribute, provide } from '@kubewright/core';
import type { HealthStatus } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HealthServerOptions } from './health-server-options.js';
import { HealthServer } from './health-server.js';
import { certificateRenewal } from './own-certificate.js';

const role = 'metrics-reader';
const user = (name: string) => ({ token: `${name}-token`, user: { name, groups: ['system:authenticated'] } });
const reviews: string[] = [];
/** Knows two users, and notes whose token is asked about. */
class Users extends TokenAuthenticator {
  override authenticate(asked: Parameters<TokenAuthenticator['authenticate']>[0]) {
    reviews.push(asked.headers?.['authorization'] ?? '');
    return super.authenticate(asked);
  }
}

let cluster: TestCluster;
beforeAll(async () => {
  const users = contribute(Authenticator, { value: new Users([user('prometheus'), user('stranger')]) });
  cluster = await TestCluster.start({ nodes: 0, plugins: [{ name: 'users', contributes: [users] }] });
  const { client } = cluster;
  await client.create(ClusterRole, {
    metadata: { name: role },
    rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
  });
  const apiGroup = 'rbac.authorization.k8s.io';
  await client.create(ClusterRoleBinding, {
    metadata: { name: role },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, kind: 'User', name: 'prometheus' }],
  });
});
afterAll(() => cluster.stop());

const hostWith = (options: Partial<HealthServerOptions> = {}, check?: HealthCheck): Host =>
  new Host()
    .use(connectTo(cluster.connection()))
    .use({
      name: 'options',
      provides: [provide(HealthServerOptions, { value: { port: 0, host: '127.0.0.1', ...options } })],
      contributes: check === undefined ? [] : [contribute(HealthCheck, { value: check })],
    })
    .use(HealthServer);

async function get(host: Host, path: string, token?: string): Promise<[number, string]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${host.get(HealthServer).port}${path}`, { headers });
  return [response.status, await response.text()];
}

describe('the health server', () => {
  it('answers probes with what the checks say', async () => {
    let health: HealthStatus = { ok: true };
    await using host = await hostWith({}, { name: 'cache', check: async () => health }).start();
    expect(await get(host, '/healthz')).toEqual([200, 'ok\n']);
    expect(await get(host, '/readyz?verbose')).toEqual([200, '[+]host ok\n[+]cache ok\n']);
    health = { ok: false, reason: 'pods are not synced' };
    expect(await get(host, '/readyz')).toEqual([503, '[+]host ok\n[-]cache failed: pods are not synced\n']);
    expect(await get(host, '/readyz/cache')).toEqual([503, '[-]cache failed: pods are not synced\n']);
    expect((await get(host, '/healthz'))[0]).toBe(200);
    expect(await get(host, '/readyz/%')).toEqual([404, 'not found: the checks are host, cache\n']);
    expect(await get(host, '/debug')).toEqual([404, 'not found: ask for /healthz, /readyz or /metrics\n']);

    const second = hostWith({ port: host.get(HealthServer).port });
    await expect(second.start()).rejects.toThrow(/cannot listen on port \d+: .*choose another port/);
  });

  it('gives metrics to those whom the cluster knows and allows (invariant 9)', async () => {
    await using host = await hostWith().start();
    const [status, text] = await get(host, '/metrics', 'prometheus-token');
    expect([status, text]).toEqual([200, expect.stringContaining('\nprocess_cpu_seconds_total ')]);
    // The program's own requests are among what is counted.
    expect(text).toContain('rest_client_requests_total{');
    expect(await get(host, '/metrics', 'stranger-token')).toEqual([
      403,
      "forbidden: user 'stranger' cannot get path '/metrics'\n",
    ]);
    for (const token of [undefined, 'made-up', 'prometheus-token and more', ''])
      expect((await get(host, '/metrics', token))[0]).toBe(401);
    expect((await get(host, '/healthz'))[0]).toBe(200);
  });

  it('asks the cluster once a minute about a token, and twice about one that may not', async () => {
    const clock = new FakeClock();
    await using host = await hostWith()
      .use({ name: 'clock', provides: [provide(Clock, { value: clock })] })
      .start();
    const asked = async (token: string): Promise<number> => {
      reviews.length = 0;
      await Promise.all([get(host, '/metrics', token), get(host, '/metrics', token)]);
      return reviews.filter((authorization) => authorization === `Bearer ${token}`).length;
    };
    const ask = async () => [await asked('prometheus-token'), await asked('stranger-token'), await asked('made-up')];
    expect(await ask()).toEqual([1, 1, 1]);
    expect(await ask()).toEqual([0, 0, 0]);
    await clock.advance(30_000);
    expect(await ask()).toEqual([0, 1, 0]);
    await clock.advance(30_000);
    expect(await ask()).toEqual([1, 1, 1]);
  });

  it('says that it cannot know where the cluster cannot be asked', async () => {
    await using host = await hostWith().start();
    const own = await TestCluster.start({ nodes: 0 });
    await using other = await new Host()
      .use(connectTo(own.connection()))
      .use({ name: 'options', provides: [provide(HealthServerOptions, { value: { port: 0, host: '127.0.0.1' } })] })
      .use(HealthServer)
      .start();
    await own.stop();
    expect((await get(other, '/metrics', 'prometheus-token'))[0]).toBe(500);
    expect((await get(host, '/metrics', 'prometheus-token'))[0]).toBe(200);
  });

  it('gives metrics to everybody, or to nobody, only where it is told so', async () => {
    await using open = await hostWith({ metrics: { authentication: 'none' } }).start();
    expect((await get(open, '/metrics'))[0]).toBe(200);
    await using closed = await hostWith({ metrics: false }).start();
    expect(await get(closed, '/metrics', 'prometheus-token')).toEqual([
      404,
      'not found: ask for /healthz or /readyz\n',
    ]);
  });

  it('speaks TLS where tokens come from beyond the machine, with a certificate that is renewed', async () => {
    const clock = new FakeClock();
    await using host = await hostWith({ host: '*' })
      .use({ name: 'clock', provides: [provide(Clock, { value: clock })] })
      .start();
    const { port } = host.get(HealthServer);
    const ask = async (path: string): Promise<[number | undefined, string]> => {
      const options = { port, host: '127.0.0.1', path, rejectUnauthorized: false, agent: false };
      const asked = request(options).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      const { fingerprint256 } = (answer.socket as TLSSocket).getPeerCertificate();
      answer.resume();
      return [answer.statusCode, fingerprint256];
    };
    const [status, first] = await ask('/healthz');
    expect([status, (await ask('/metrics'))[0]]).toEqual([200, 401]);
    await clock.advance(certificateRenewal);
    await expect.poll(async () => (await ask('/healthz'))[1]).not.toBe(first);
    await using plain = await hostWith({ host: '*', metrics: { authentication: 'none' } }).start();
    expect((await get(plain, '/metrics'))[0]).toBe(200);
  });
});
