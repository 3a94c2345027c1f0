/** The errors that this package throws on purpose to the program that embeds it. What clients get are `Status` answers. */
import { defineErrors } from '@kubewright/core';

export const errors = defineErrors('APISERVER', {
  DATA_LOCKED: (d: { directory: string; pid: string }) =>
    `the data directory '${d.directory}' is in use by process ${d.pid}: stop that process or choose another directory`,
  STORAGE_FAILED: (d: { reason: string }) =>
    `the storage failed: ${d.reason}; writes that were not answered may be lost`,
  DAMAGED_OBJECT: (d: { key: string; location: string; problem: string }) =>
    `the object '${d.key}' in ${d.location} is damaged: ${d.problem}; restore the data from a copy, or remove the object from there`,
  STORAGE_FULL: (d: { path: string }) =>
    `no space is left for '${d.path}': nothing was written; free space or raise the limit, then try again`,
  STORAGE_CLOSED: () => 'the storage is closed: open another one',
  COMPACTED: (d: { revision: string; compacted: string }) =>
    `revision ${d.revision} is gone, history starts at ${d.compacted}: list again`,
  FUTURE_REVISION: (d: { revision: string; current: string }) =>
    `revision ${d.revision} does not exist yet, the newest is ${d.current}: ask for an existing one`,
  BAD_KEY: (d: { key: string }) => `'${d.key}' is no storage key: use printable ASCII that starts with a slash`,
  UNKNOWN_KIND: (d: { apiVersion: string; kind: string }) =>
    `the kind ${d.apiVersion} ${d.kind} is not served: bootstrap objects must be of built-in kinds`,
  DUPLICATE_RESOURCE: (d: { resource: string }) =>
    `the resource '${d.resource}' is served already: remove it first or choose another name`,
});
