/**
 * The OpenAPI documents: version 3 by group and version, version 2 as a whole in JSON and protobuf. Neighbours:
 * `discovery` declares what a served resource is; `http` negotiates types and answers 304. Texts of built-in fields are
 * absent: clients that explain them print that they are empty; those of custom resources are kept.
 */
export { OpenApi } from './openapi.js';
export type { OpenApiDocument } from './openapi.js';
