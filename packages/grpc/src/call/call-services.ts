import type { Clock, Logger, Tracer } from '@kubewright/core';
import type { SecretField } from '../redaction/redact.js';
import type { GrpcStatusError } from '../status/grpc-status-error.js';
import type { MethodMetrics } from './call-metrics.js';

/** A call whose handler has not ended. */
export interface RunningCall {
  /** Resolves when the handler has ended. */
  readonly whenEnded: Promise<void>;
  abort(reason: GrpcStatusError): void;
}

/** What all calls of a method share. */
export interface CallServices {
  readonly clock: Clock;
  /** Names the method. */
  readonly logger: Logger;
  readonly metrics: MethodMetrics;
  readonly tracer: Tracer;
  /** The deadline of unary calls whose client sets none, in milliseconds; undefined for none. */
  readonly defaultDeadline: number | undefined;
  /** Whether the log shows requests, with secrets redacted. */
  readonly logRequests: boolean;
  readonly secret: SecretField | undefined;
  /** Turns errors of the plugin's own kinds into a status; undefined leaves the error to the general rules. */
  readonly mapError: ((error: unknown) => GrpcStatusError | undefined) | undefined;
  /** Aborts when the server begins to stop. */
  readonly draining: AbortSignal;
  /** The server's calls whose handlers have not ended. */
  readonly active: Set<RunningCall>;
}
