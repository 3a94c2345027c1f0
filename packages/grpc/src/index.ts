/**
 * gRPC plugin servers and clients over unix sockets: services as decorated classes, validation, locks, deadlines, health
 * and reflection.
 *
 * @packageDocumentation
 */

// Serving a plugin
export { GrpcServer } from './server/grpc-server.js';
export type { GrpcServerOptions } from './server/server-options.js';
export { ExclusiveBy, GrpcMethod, GrpcService, ValidateRequest } from './service/decorators.js';
export type { MethodOptions, ServiceOptions } from './service/decorators.js';
export type { MethodHandler, ServiceHandlers } from './service/handlers.js';
export type { CallContext, CallMetadata } from './service/call-context.js';

// What a call ends with
export { Code, codeName, metricCode } from './status/code.js';
export type { CodeName } from './status/code.js';
export { GrpcStatusError } from './status/grpc-status-error.js';

// Calling a plugin
export { GrpcConnection, createClient } from './client/grpc-connection.js';
export type { EndedCall, GrpcConnectionOptions } from './client/grpc-connection.js';
export type { CallOptions, GrpcClient, ClientMethod } from './client/client-types.js';

// For authors of plugin SDKs
export { implementedMethods } from './service/service-plan.js';
export type { ExclusiveKey, RequestValidator } from './service/service-notes.js';
export { InFlightLocks } from './locks/in-flight-locks.js';
export { invalidArgument } from './validation/rules.js';
export type { FieldName, FieldViolation, RequestLimits, RequestRules } from './validation/rules.js';
export { redact } from './redaction/redact.js';
export type { SecretField } from './redaction/redact.js';
export { codeOfErrno } from './status/errno.js';
export { HealthService } from './health/health-service.js';
export { Health, HealthCheckResponse_ServingStatus } from './generated/grpc/health/v1/health_pb.js';
export { parsePluginAddress } from './socket/plugin-address.js';
export type { PluginAddress } from './socket/plugin-address.js';
export { probeSocket } from './socket/probe-socket.js';
export type { SocketState } from './socket/probe-socket.js';
export type { UnixSocketOptions } from './socket/unix-socket-file.js';
export { methodDefinition, methodPath, serviceDefinition } from './adapter/service-definition.js';
export type { WireMethod } from './adapter/service-definition.js';
export { grpcErrors } from './errors/grpc-errors.js';
