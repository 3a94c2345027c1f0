/**
 * One endpoint for every port that is opened.
 *
 * @packageDocumentation
 */

// Serving
export { HttpEndpoint } from './endpoint/http-endpoint.js';
export type { HttpEndpointOptions, Incoming, ListenAddress, Outgoing, ServingCertificate } from './endpoint/options.js';

// Requests and answers
export { readBody } from './body/read-body.js';
export type { ReadBodyOptions } from './body/read-body.js';
export { sendMetrics } from './metrics/send-metrics.js';
export { sendText } from './text/send-text.js';
export { httpErrors } from './errors.js';
