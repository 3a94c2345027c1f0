import { MetricsRegistry } from '@kubewright/core';
import type { ApiResponse } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { call } from '../../testing/requests.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import { RequestMetrics } from './request-metrics.js';

async function textOf({ body }: ApiResponse): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

describe('RequestMetrics', () => {
  it("names requests as kube-apiserver's metrics do", async () => {
    const server = await startTestApiServer();
    const maps = '/api/v1/namespaces/default/configmaps';
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    await call(server.transport, 'POST', `${maps}?dryRun=All`, map);
    await call(server.transport, 'GET', maps);
    await call(server.transport, 'GET', `${maps}/made-up?dryRun=no`);
    await call(server.transport, 'GET', '/api/v1/configmaps');
    await call(server.transport, 'GET', '/apis/made.up/v1/things');
    const applied = await server.transport.send({
      method: 'PATCH',
      path: `${maps}/a?fieldManager=test`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(map),
    });
    expect(applied.status).toBe(201);
    const text = await textOf(await server.transport.send({ method: 'GET', path: '/metrics' }));
    const series = (group: string, rest: Record<string, string>): string =>
      Object.entries({ component: 'apiserver', dry_run: '', group, resource: 'configmaps', ...rest })
        .map(([name, value]) => `${name}="${value}"`)
        .join();
    const of = (verb: string, scope: string, more = {}) =>
      series('', { ...more, scope, subresource: '', verb, version: 'v1' });
    for (const line of [
      `apiserver_request_total{code="201",${of('POST', 'resource', { dry_run: 'All' })}} 1`,
      `apiserver_request_total{code="200",${of('LIST', 'namespace')}} 1`,
      `apiserver_request_total{code="404",${of('GET', 'resource', { dry_run: 'invalid' })}} 1`,
      `apiserver_request_total{code="200",${of('LIST', 'cluster')}} 1`,
      `apiserver_request_total{code="201",${of('APPLY', 'resource')}} 1`,
      `apiserver_request_duration_seconds_count{${of('APPLY', 'resource')}} 1`,
      'apiserver_current_inflight_requests{request_kind="mutating"} 0',
      // The one that asks.
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    ])
      expect(text).toContain(line);
    await server.stop();
  });

  it('gets no series from names that clients make up (invariant 10)', () => {
    const registry = new MetricsRegistry();
    const metrics = new RequestMetrics(registry);
    const request = { headers: {}, signal: new AbortController().signal, body: () => Promise.reject(new Error()) };
    for (let index = 0; index < 1000; index++) {
      const made = `x${index}`;
      const path = `/apis/${made}/v1/${made}?dryRun=${made}`;
      const names = { group: made, version: made, resource: made, subresource: made, namespace: made, name: made };
      const info = { kind: 'resource' as const, ...names, rest: made, selectedName: made, verb: made };
      metrics.observe(info, undefined, 404, 1, { ...request, method: made, path });
    }
    const counts = registry.collect().map(({ name, samples }) => [name, samples.length]);
    expect(counts).toEqual([
      ['apiserver_current_inflight_requests', 2],
      ['apiserver_request_duration_seconds', 1],
      ['apiserver_request_total', 1],
    ]);
  });
});
