import { Pod } from '@kubewright/api/core/v1';
import { MetricsRegistry } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { FakeTransport } from '../testing/fake-transport.js';
import { HttpTransport } from '../transport/http-transport.js';
import { Client } from './client.js';

describe('the metrics of requests', () => {
  it("have client-go's names and labels", async () => {
    const answers = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 200, body: { metadata: { name: 'p' } } },
    ];
    const transport = Object.assign(new FakeTransport(() => answers.shift() ?? {}), { host: '10.0.0.1:6443' });
    const [clock, metrics] = [new FakeClock(), new MetricsRegistry()];
    const asked = new Client({ transport, clock, metrics }).get(Pod, { name: 'p', namespace: 'a' });
    await clock.advance(1_000);
    await asked;
    const host = '10.0.0.1:6443';
    expect(metrics.collect().map(({ name, samples }) => [name, samples.map(({ labels }) => labels)])).toEqual([
      ['rest_client_request_duration_seconds', [{ verb: 'GET', host }]],
      ['rest_client_request_retries_total', [{ code: '429', verb: 'GET', host }]],
      [
        'rest_client_requests_total',
        [
          { code: '429', method: 'GET', host },
          { code: '200', method: 'GET', host },
        ],
      ],
    ]);
  });

  it('name the host that a transport talks to', () => {
    expect(new HttpTransport({ server: 'https://api.example.com:6443/prefix' }).host).toBe('api.example.com:6443');
  });
});
