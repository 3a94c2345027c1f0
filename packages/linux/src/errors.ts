import { defineErrors } from '@kubewright/core';

/** The errors of this package. */
export const linuxErrors = defineErrors('LINUX', {
  UNSUPPORTED: (d: { reason: string }) => `system calls cannot be made here: ${d.reason}`,
  SYSCALL: (d: { call: string; errno: string; target?: string }) =>
    `${d.call}${d.target === undefined ? '' : ` on '${d.target}'`} failed with ${d.errno}`,
  NETLINK: (d: { request: string; errno: string; reason?: string; index: number }) =>
    `the kernel refused to ${d.request}: ${d.errno}${d.reason === undefined ? '' : `, ${d.reason}`}`,
  NETLINK_PROTOCOL: (d: { problem: string }) => `netlink answered in a way that cannot be read: ${d.problem}`,
  NETLINK_INTERRUPTED: (d: { request: string; attempts: number }) =>
    `the table changed during each of ${d.attempts} attempts to ${d.request}: try again when fewer changes happen`,
  CLOSED: (d: { what: string }) => `${d.what} is closed`,
  INVALID_ADDRESS: (d: { text: string; expected: string }) => `'${d.text}' is not ${d.expected}`,
  INVALID_NAME: (d: { what: string; name: string; rule: string }) => `'${d.name}' is no ${d.what}: ${d.rule}`,
  PATH_ESCAPE: (d: { root: string; path: string }) => `'${d.path}' leaves '${d.root}'`,
  FILE_REFUSED: (d: { path: string; reason: string }) => `'${d.path}' ${d.reason}`,
  NO_NAMESPACE: (d: { path: string; errno: string }) =>
    `there is no network namespace at '${d.path}' (${d.errno}): it was removed, or the path is wrong`,
  NO_CGROUP: (d: { controller: string; layout: string }) =>
    `the cgroup controller '${d.controller}' is not available in the ${d.layout} hierarchy`,
});
