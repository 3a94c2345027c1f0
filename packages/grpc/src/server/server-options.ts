import type { Clock, Logger, Metrics, Tracer } from '@kubewright/core';
import type { SecretField } from '../redaction/redact.js';
import type { UnixSocketOptions } from '../socket/unix-socket-file.js';
import type { GrpcStatusError } from '../status/grpc-status-error.js';

export interface GrpcServerOptions {
  /** `unix:///path`, an absolute path, or `tcp://127.0.0.1:PORT` (port 0 picks one). */
  readonly address: string;
  /** Objects whose classes are decorated with `@GrpcService`. */
  readonly services: readonly object[];
  readonly clock: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: none. */
  readonly metrics?: Metrics;
  /** Each call is a span of it, in the trace of its client where that tells of one. Default: none. */
  readonly tracer?: Tracer;
  /** Permissions of the socket and of directories made for it. */
  readonly socket?: UnixSocketOptions;
  /** The largest message, received or sent, in bytes. Default: 16 MiB, which is what a kubelet takes. */
  readonly maxMessageBytes?: number;
  /** How long `stop` waits for running calls before it cancels them, in milliseconds. Default: 5,000. */
  readonly gracePeriod?: number;
  /** The deadline of unary calls whose client sets none, in milliseconds. Default: none. */
  readonly deadline?: number;
  /** Whether to answer health checks (grpc.health.v1). Default: true. */
  readonly health?: boolean;
  /** Whether to describe the services to tools such as grpcurl (grpc.reflection.v1). Default: false. */
  readonly reflection?: boolean;
  /** Whether the debug log shows requests; fields marked as secret never appear. Default: false. */
  readonly logRequests?: boolean;
  /** Fields that are secret beside those their interface marks. */
  readonly secret?: SecretField;
  /** The status for errors of the plugin's own kinds; undefined for those that it leaves to `GrpcStatusError.from`. */
  readonly mapError?: (error: unknown) => GrpcStatusError | undefined;
}
