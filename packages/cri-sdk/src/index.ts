/**
 * Write a container runtime for Kubernetes as one class; call, wrap and test one. The messages are in
 * `@kubewright/cri-sdk/v1`.
 *
 * @packageDocumentation
 */

// Writing a runtime
export { RuntimeService } from './service/runtime-service.js';
export { ImageService } from './service/image-service.js';
export type { Answer } from './service/answer.js';
export { criServer } from './server/cri-server.js';
export type { CriServerOptions } from './server/cri-server.js';
export { ContainerEvents } from './events/container-events.js';
export type { ContainerEvent } from './events/container-events.js';

// Streaming commands and ports
export { StreamingServer } from './streaming/streaming-server.js';
export type { StreamingServerOptions } from './streaming/streaming-server.js';
export type { ProcessStreams, StreamingRuntime, TerminalSize } from './streaming/session/streaming-runtime.js';

// Logs of containers
export { LogWriter } from './logs/log-writer.js';
export type { LogWriterOptions } from './logs/log-writer.js';
export { readLog } from './logs/log-reader.js';
export type { ReadLogOptions } from './logs/log-reader.js';
export { rotateLog } from './logs/rotate-log.js';
export type { RotateLogOptions } from './logs/rotate-log.js';
export { encodeRecord, logTime, parseRecord } from './logs/log-line.js';
export type { LogRecord, LogStream } from './logs/log-line.js';

// Calling and wrapping a runtime
export { CriClient } from './client/cri-client.js';
export type { CriClientOptions } from './client/cri-client.js';
export { RuntimeProxy } from './proxy/runtime-proxy.js';
export { ImageProxy } from './proxy/image-proxy.js';
export { Upstream } from './proxy/upstream.js';

export { criSdkErrors } from './errors.js';
