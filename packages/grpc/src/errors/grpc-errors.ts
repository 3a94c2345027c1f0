/** The errors that this package throws on purpose. `docs/errors.md` explains each. */
import { defineErrors } from '@kubewright/core';

/** Mistakes in how a server or client is set up. What travels to the other side of a call is a `GrpcStatusError`. */
export const grpcErrors = defineErrors('GRPC', {
  ADDRESS_INVALID: (d: { address: string; reason: string }) =>
    `'${d.address}' is no address for a gRPC plugin: ${d.reason}; use unix:///absolute/path, an absolute path, or tcp://127.0.0.1:PORT`,
  SOCKET_IN_USE: (d: { path: string }) =>
    `another process serves '${d.path}': stop it first, or choose another socket path`,
  NOT_A_SOCKET: (d: { path: string }) =>
    `'${d.path}' exists and is not a socket: it is left alone; remove it, or choose another socket path`,
  SOCKET_PATH_TOO_LONG: (d: { path: string; bytes: number; limit: number }) =>
    `the socket path '${d.path}' needs ${d.bytes} bytes and the system allows ${d.limit}: choose a shorter one`,
  LISTEN_FAILED: (d: { address: string }) => `cannot listen on '${d.address}': see the cause`,
  SERVER_STATE: (d: { state: string }) => `this gRPC server is ${d.state}: a server starts once; make a new one`,
  NOT_A_SERVICE: (d: { class: string }) =>
    `'${d.class}' is no gRPC service: decorate the class, or one that it extends, with @GrpcService(...)`,
  DUPLICATE_SERVICE: (d: { service: string }) =>
    `two of the server's services implement '${d.service}': remove one of them`,
  UNKNOWN_METHOD: (d: { class: string; property: string; method: string; services: readonly string[] }) =>
    `${d.class}.${d.property} is decorated as gRPC method '${d.method}', which none of ${d.services.join(', ')} has: correct the name`,
  UNKNOWN_FIELD: (d: { message: string; field: string }) =>
    `a validation rule names the field '${d.field}', which '${d.message}' does not have: correct the name`,
  EXCLUSIVE_STREAM: (d: { method: string }) =>
    `'${d.method}' takes a stream of requests, so no key of one request can lock it: use InFlightLocks inside the handler`,
});
