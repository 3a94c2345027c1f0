import { defineErrors } from '@kubewright/core';

/** What can be wrong with the directory that the driver keeps everything in. */
export const storageErrors = defineErrors('STORAGE', {
  RECORD_UNREADABLE: (d: { path: string; reason: string }) =>
    `the record '${d.path}' cannot be read (${d.reason}): restore it from a backup, or move it away to give its volume up`,
  ROOT_IN_USE: (d: { root: string }) =>
    `another process works on '${d.root}': stop it first, or give this driver a directory of its own`,
  NOT_OPEN: (d: { root: string }) => `the driver for '${d.root}' has not started: call serve or start first`,
});
