import { HealthCheck, Host, contribute, provide } from '@kubewright/core';
import type { HealthStatus } from '@kubewright/core';
import { expect, it } from 'vitest';
import { HealthServer, HealthServerOptions } from './health-server.js';

it('answers probes with what the checks say', async () => {
  let health: HealthStatus = { ok: true };
  const check: HealthCheck = { name: 'cache', check: async () => health };
  const options = provide(HealthServerOptions, { value: { port: 0, host: '127.0.0.1' } });
  await using host = await new Host()
    .use({ name: 'checks', provides: [options], contributes: [contribute(HealthCheck, { value: check })] })
    .use(HealthServer)
    .start();
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${host.get(HealthServer).port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/readyz?verbose')).toEqual([200, '[+]host ok\n[+]cache ok\n']);
  health = { ok: false, reason: 'pods are not synced' };
  expect(await get('/readyz')).toEqual([503, '[+]host ok\n[-]cache failed: pods are not synced\n']);
  expect(await get('/readyz/cache')).toEqual([503, '[-]cache failed: pods are not synced\n']);
  expect((await get('/healthz'))[0]).toBe(200);
  expect(await get('/readyz/%')).toEqual([404, 'not found: the checks are host, cache\n']);
  expect((await get('/metrics'))[0]).toBe(404);

  const same = provide(HealthServerOptions, { value: { port: host.get(HealthServer).port, host: '127.0.0.1' } });
  const second = new Host().use({ name: 'options', provides: [same] }).use(HealthServer);
  await expect(second.start()).rejects.toThrow(/cannot listen on port \d+: .*choose another port/);
});
