/** Tracing as an injected service, shaped so that an OpenTelemetry tracer fits behind it. By default nothing is traced. */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly attributes?: SpanAttributes;
  /** `server` answers somebody, `client` waits for somebody's answer. Default: `internal`. */
  readonly kind?: 'internal' | 'server' | 'client';
  /**
   * Headers of the request that is answered, their names in lower case: the span belongs to the trace of who sent it, where he tells
   * of one. Only for somebody who is known. Default: none.
   */
  readonly from?: Readonly<Record<string, string | undefined>>;
}

export interface Span {
  setAttributes(attributes: SpanAttributes): void;
  /** Marks the span as failed and keeps the error with it. */
  recordError(error: unknown): void;
  /** What to send along, so that who is asked can go on with the trace; empty where nothing is traced. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Tracer {
  /**
   * Runs `work` inside a new span, which is the parent of spans started within. The span ends when the promise settles; a
   * rejection is recorded as its error and handed on.
   */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
}

export const Tracer: Token<Tracer> = token('@kubewright/core/Tracer');

const noSpan: Span = { setAttributes() {}, recordError() {}, headers: {} };

/** Traces nothing. */
export const noTracer: Tracer = { span: (_name, _options, work) => work(noSpan) };
