import { defineErrors } from '@kubewright/core';

/** Mistakes in how the SDK is used or in what a peer sends. What a call ends with is a `GrpcStatusError`. */
export const criSdkErrors = defineErrors('CRI_SDK', {
  SPDY_PROTOCOL: (d: { reason: string }) =>
    `a streaming client broke the SPDY/3.1 protocol: ${d.reason}; its connection was closed`,
  STREAM_TIMEOUT: (d: { missing: readonly string[]; seconds: number }) =>
    `a streaming client did not open the streams ${d.missing.join(', ')} within ${d.seconds} seconds: the session was closed; check the client's protocol version`,
  STREAM_CLOSED: (d: { reason: string }) =>
    `a streaming connection ended: ${d.reason}; the command it served was told to stop`,
  STREAMING_STATE: (d: { state: string }) =>
    `the streaming server is ${d.state}: start it before it hands out URLs, and make a new one after it stopped`,
  LOG_LINE: (d: { line: string; reason: string }) =>
    `this is no line of a CRI log: ${d.reason}; the line begins '${d.line}'`,
  LOG_CLOSED: (d: { path: string }) => `the log '${d.path}' is closed: make a new writer`,
});
