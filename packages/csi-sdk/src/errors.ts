import { defineErrors } from '@kubewright/core';

/** What is wrong with a driver, or with the machine that it mounts on. What a caller is told is a `GrpcStatusError`. */
export const csiErrors = defineErrors('CSI', {
  NO_ENDPOINT: (d: { variable: string }) =>
    `there is no endpoint to serve on: set the environment variable ${d.variable} to unix:///path, or the setting 'endpoint'`,
  INVALID_NAME: (d: { name: string }) =>
    `'${d.name}' is no name of a CSI driver: use at most 63 letters, digits, dots and dashes that begin and end with a letter or digit, such as 'files.example.com'`,
  HALF_CAPABILITY: (d: { class: string; method: string; missing: string }) =>
    `${d.class} implements ${d.method} without ${d.missing}: callers use both or none, so implement ${d.missing} too`,
  FEATURE_WITHOUT_METHOD: (d: { class: string; feature: string; method: string }) =>
    `${d.class} claims the feature '${d.feature}' without ${d.method}: implement it, or drop the feature`,
  COMMAND_MISSING: (d: { command: string }) =>
    `the program '${d.command}' is not installed: add the package that has it to the driver's image`,
  COMMAND_FAILED: (d: { command: string; status: string; output: string }) =>
    `'${d.command}' ended with ${d.status}: ${d.output === '' ? 'it said nothing' : d.output}`,
  COMMAND_TIMEOUT: (d: { command: string; milliseconds: number }) =>
    `'${d.command}' did not end within ${d.milliseconds} ms and was killed`,
  TARGET_CONFLICT: (d: { target: string; expected: string; found: string }) =>
    `'${d.target}' should show ${d.expected} and has ${d.found}: unpublish it first`,
  TARGET_KIND: (d: { path: string; kind: string; expected: string }) =>
    `'${d.path}' is a ${d.kind} and should be a ${d.expected}: remove it`,
  TARGET_NOT_EMPTY: (d: { path: string }) =>
    `'${d.path}' is not mounted and holds files: they are left alone; move them away, then try again`,
  UNMOUNT_STUCK: (d: { target: string; attempts: number }) =>
    `'${d.target}' still had a mount after ${d.attempts} were taken off: something mounts it again and again`,
  FILE_SYSTEM_MISMATCH: (d: { device: string; found: string; expected: string }) =>
    `'${d.device}' holds ${d.found} and ${d.expected} was asked for: it is left as it is, since formatting would destroy data`,
  FILE_SYSTEM_UNKNOWN: (d: { fileSystem: string; known: readonly string[] }) =>
    `'${d.fileSystem}' cannot be made or grown here: use one of ${d.known.join(', ')}`,
  DEVICE_UNFORMATTED: (d: { device: string }) =>
    `'${d.device}' holds no file system and is to be mounted read-only: publish it writable once`,
  LIVENESS_PORT: (d: { port: number; reason: string }) =>
    `the liveness probe cannot listen at port ${d.port} (${d.reason}): free the port, or set another one`,
});
