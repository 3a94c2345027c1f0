/**
 * What tells clients which resources there are. Neighbours: the registry hands in the list of served resources, and makes
 * a new `Discovery` when it changes; `http` chooses the form by the Accept header and answers 304 by ETag.
 */
export { Discovery, storageVersionHash } from './discovery.js';
export type { AggregatedVersion, DiscoveredResource, DiscoveryDocument } from './discovery.js';
export { compareGroups, compareVersions } from './versions.js';
