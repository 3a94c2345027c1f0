import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { Context, Span as ApiSpan, Tracer as ApiTracer } from '@opentelemetry/api';
import { messageOf } from '@kubewright/core';
import type { Span, SpanAttributes, SpanOptions, Tracer } from '@kubewright/core';

const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** A tracer of OpenTelemetry as the programs of Kubewright use one. Where spans go, and which, its SDK decides. */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer: ApiTracer;

  constructor(tracer: ApiTracer) {
    this.#tracer = tracer;
  }

  async span<T>(
    name: string,
    { attributes = {}, kind = 'internal', from }: SpanOptions,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const around = from === undefined ? context.active() : propagation.extract(context.active(), from);
    const started = this.#tracer.startSpan(name, { attributes: { ...attributes }, kind: kinds[kind] }, around);
    const within = trace.setSpan(around, started);
    const span = new TracedSpan(started, within);
    try {
      return await context.with(within, () => work(span));
    } catch (error) {
      span.recordError(error);
      throw error;
    } finally {
      started.end();
    }
  }
}

class TracedSpan implements Span {
  constructor(
    private readonly span: ApiSpan,
    private readonly context: Context,
  ) {}

  get headers(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    propagation.inject(this.context, headers);
    return headers;
  }

  setAttributes(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes });
  }

  recordError(error: unknown): void {
    this.span.recordException(error instanceof Error ? error : messageOf(error));
    this.span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
  }
}
