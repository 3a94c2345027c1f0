import { defineErrors } from '@kubewright/core';

/** The errors of this package. `docs/errors.md` explains each. */
export const sanityErrors = defineErrors('SANITY', {
  CHECK_FAILED: (d: { problem: string }) => `the plugin breaks the rule: ${d.problem}`,
  NOT_APPLICABLE: (d: { reason: string }) => `the check does not apply: ${d.reason}`,
  NO_ANSWER: (d: { verb: string; milliseconds: number }) =>
    `the plugin did not answer ${d.verb} within ${d.milliseconds} ms and was killed`,
  NO_MACHINE: (d: { problem: string }) =>
    `the network namespaces that the checks need could not be made: ${d.problem}; run as root, with veth in the kernel`,
  NO_PLUGIN: (d: { path: string; problem: string }) =>
    `'${d.path}' cannot be run as a plugin: ${d.problem}; pass the path of an executable file`,
  INVALID_CONFIG: (d: { source: string; problem: string }) => `the configuration ${d.source} is unusable: ${d.problem}`,
  UNKNOWN_VERSION: (d: { version: string; known: readonly string[] }) =>
    `'${d.version}' is no version of the specification: use some of ${d.known.join(', ')}`,
  NO_CHECK: (d: { patterns: readonly string[] }) =>
    `no check is called ${d.patterns.join(' or ')}: 'cni-sanity run --list' shows all`,
});
