import type { SpanAttributes, SpanOptions, Tracer } from '@kubewright/core';
import { expect, it } from 'vitest';
import { Echo } from '../generated/kubewright/testing/v1/echo_pb.js';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';
import { EchoService } from '../testing/echo-service.js';
import { startTestServer } from '../testing/test-server.js';

interface Recorded extends SpanOptions {
  readonly name: string;
  readonly told: SpanAttributes[];
  failure?: unknown;
}

class RecordingTracer implements Tracer {
  readonly spans: Recorded[] = [];

  async span<T>(name: string, options: SpanOptions, work: Parameters<Tracer['span']>[2]): Promise<T> {
    const span: Recorded = { name, ...options, told: [] };
    this.spans.push(span);
    const recordError = (error: unknown): void => void (span.failure = error);
    try {
      return (await work({ setAttributes: (told) => span.told.push(told), recordError, headers: {} })) as T;
    } catch (error) {
      recordError(error);
      throw error;
    }
  }
}

it('each call is a span in the trace of its client, with what became of it', async () => {
  const tracer = new RecordingTracer();
  const service = new EchoService();
  await using server = await startTestServer({ services: [service], tracer });
  const client = server.client(Echo);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await client.say({ text: 'hello' }, { metadata: { traceparent } });
  service.before = () => Promise.reject(new GrpcStatusError(Code.NOT_FOUND, 'nobody here'));
  await expect(client.say({ text: 'hello' })).rejects.toThrow('nobody here');
  await expect(client.say({ text: '' })).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
  for await (const one of client.count({ to: 2 })) expect(one.text).toBeDefined();

  const echo = 'kubewright.testing.v1.Echo';
  const call = (method: string) => ({
    name: `${echo}/${method}`,
    kind: 'server',
    attributes: { 'rpc.system': 'grpc', 'rpc.service': echo, 'rpc.method': method },
  });
  expect(tracer.spans).toMatchObject([
    { ...call('Say'), from: { traceparent }, told: [{ 'rpc.grpc.status_code': Code.OK }] },
    { ...call('Say'), told: [{ 'rpc.grpc.status_code': Code.NOT_FOUND }], failure: { status: Code.NOT_FOUND } },
    { ...call('Say'), told: [{ 'rpc.grpc.status_code': Code.INVALID_ARGUMENT }] },
    { ...call('Count'), told: [{ 'rpc.grpc.status_code': Code.OK }] },
  ]);
  expect(tracer.spans[1]?.from).toEqual({ traceparent: undefined, tracestate: undefined, baggage: undefined });
});
