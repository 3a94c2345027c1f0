/** Tracing as an injected service, shaped so that an OpenTelemetry tracer fits behind it. By default nothing is traced. */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  setAttributes(attributes: SpanAttributes): void;
  /** Marks the span as failed and keeps the error with it. */
  recordError(error: unknown): void;
  end(): void;
}

export interface Tracer {
  /** Runs `work` inside a new span that is the parent of spans started within; the span ends when the promise settles. */
  span<T>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<T>): Promise<T>;
}

export const Tracer: Token<Tracer> = token('@kubewright/core/Tracer');

const noSpan: Span = { setAttributes() {}, recordError() {}, end() {} };

/** Traces nothing. */
export const noTracer: Tracer = { span: (_name, _attributes, work) => work(noSpan) };
