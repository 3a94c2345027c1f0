import { ConfigMap } from '@kubewright/api/core/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { Controller, Reconciler } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Host, Tracer } from '@kubewright/core';
import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTelemetry } from './open-telemetry.js';

const exporter = new InMemorySpanExporter();
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});
beforeEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan => {
  const found = spans().find((span) => span.name === name);
  if (found === undefined)
    throw new Error(
      `no span '${name}' among ${spans()
        .map((span) => span.name)
        .join()}`,
    );
  return found;
};

describe('openTelemetry', () => {
  it('makes spans of one another, with their attributes, kinds and errors', async () => {
    await using host = await new Host().use(openTelemetry()).start();
    const tracer = host.get(Tracer);
    const failing = tracer.span('outer', { attributes: { a: 1 } }, async (outer) => {
      outer.setAttributes({ b: true });
      await tracer.span('inner', { kind: 'client' }, () => Promise.reject(new Error('no')));
    });
    await expect(failing).rejects.toThrow('no');
    const [inner, outer] = [named('inner'), named('outer')];
    expect(outer.attributes).toEqual({ a: 1, b: true });
    expect([inner.kind, inner.parentSpanContext?.spanId]).toEqual([SpanKind.CLIENT, outer.spanContext().spanId]);
    expect(inner.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no' });
    expect(inner.events[0]).toMatchObject({ name: 'exception', attributes: { 'exception.message': 'no' } });
  });

  it('goes on with the trace of who asks, and tells of it those who are asked', async () => {
    await using host = await new Host().use(openTelemetry()).start();
    const from = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', other: undefined };
    const headers = await host.get(Tracer).span('answer', { kind: 'server', from }, async (span) => span.headers);
    const { traceId, spanId } = named('answer').spanContext();
    expect([traceId, named('answer').parentSpanContext?.spanId]).toEqual([
      '0af7651916cd43dd8448eb211c80319c',
      'b7ad6b7169203331',
    ]);
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  });

  it('shows a reconcile, its requests and how the API server answered them as one trace', async () => {
    @Controller({ for: ConfigMap, name: 'copier' })
    class Copier extends Reconciler<ConfigMap> {
      override async reconcile({ metadata, data }: ConfigMap, ctx: ReconcileContext<ConfigMap>): Promise<void> {
        if (data?.['copy'] !== 'yes') return;
        ctx.span.setAttributes({ copied: true });
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `${metadata.name}-copy`, namespace: 'default' },
        });
      }
    }
    await using cluster = await TestCluster.start({ nodes: 0, controllers: [Copier], plugins: [openTelemetry()] });
    await cluster.client.create(ConfigMap, { metadata: { name: 'one' }, data: { copy: 'yes' } });
    const reconciled = await cluster.eventually(() => {
      const found = spans().find(({ attributes }) => attributes['copied'] === true);
      if (found === undefined) throw new Error('not reconciled');
      return found;
    });
    expect(reconciled).toMatchObject({
      name: 'reconcile copier',
      attributes: { controller: 'copier', namespace: 'default', name: 'one', retries: 0 },
    });
    const below = (span: ReadableSpan): ReadableSpan[] =>
      spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId);
    const sent = below(reconciled).find(({ name }) => name === 'PATCH');
    const path = '/api/v1/namespaces/default/configmaps/one-copy';
    expect(sent).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'http.request.method': 'PATCH', 'url.path': path, 'http.response.status_code': 201 },
    });
    expect(sent && below(sent)).toMatchObject([
      { name: 'PATCH', kind: SpanKind.SERVER, attributes: { 'url.path': path, 'http.response.status_code': 201 } },
    ]);
  });
});
