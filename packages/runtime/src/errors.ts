import { defineErrors } from '@kubewright/core';

/** What can go wrong beneath the CRI services; callers of RPCs see the text with a status code. */
export const runtimeErrors = defineErrors('RUNTIME', {
  REFERENCE_INVALID: (d: { reference: string; reason: string }) =>
    `'${d.reference}' names no image: ${d.reason}; write HOST/PATH:TAG or HOST/PATH@sha256:DIGEST`,
  REGISTRY_UNAVAILABLE: (d: { registry: string; reason: string }) =>
    `RegistryUnavailable: the registry '${d.registry}' cannot be reached: ${d.reason}`,
  REGISTRY_REFUSED: (d: { registry: string; status: number; what: string }) =>
    `the registry '${d.registry}' answered ${d.status} for ${d.what}: check the name and the credentials`,
  IMAGE_NOT_FOUND: (d: { reference: string }) =>
    `no registry has the image '${d.reference}': check its name and tag, and that the credentials may see it`,
  DIGEST_MISMATCH: (d: { expected: string; actual: string }) =>
    `the content of ${d.expected} has the digest ${d.actual}: it was changed on the way or at the registry, and is refused`,
  CONTENT_SIZE: (d: { digest: string; expected: number; actual: number }) =>
    `${d.digest} should have ${d.expected} bytes and has ${d.actual}: it is refused`,
  MANIFEST_INVALID: (d: { digest: string; reason: string }) => `the manifest ${d.digest} cannot be used: ${d.reason}`,
  NO_PLATFORM: (d: { reference: string; platform: string; available: readonly string[] }) =>
    `the image '${d.reference}' is not built for ${d.platform}; it is for ${d.available.join(', ')}`,
  LAYER_INVALID: (d: { layer: string; entry: string; reason: string }) =>
    `layer ${d.layer} is refused: its entry '${d.entry}' ${d.reason}`,
  LAYER_TOO_LARGE: (d: { layer: string; reason: string }) =>
    `layer ${d.layer} is refused: ${d.reason}; raise the limits if you trust it`,
  MISSING_PROGRAM: (d: { program: string; install: string }) => `the program '${d.program}' is missing: ${d.install}`,
  PROGRAM_FAILED: (d: { program: string; code: string; output: string }) =>
    `'${d.program}' ended with ${d.code}: ${d.output}`,
  PROGRAM_TIMEOUT: (d: { program: string; seconds: number }) =>
    `'${d.program}' did not end within ${d.seconds} seconds and was killed`,
  OUTPUT_LOST: (d: { reason: string }) => `a part of the output was not passed on: ${d.reason}`,
  NOT_SUPPORTED: (d: { what: string }) => `this runtime does not support ${d.what}`,
  USER_UNKNOWN: (d: { user: string }) =>
    `the image has no user or group '${d.user}': use a number, or add it to the image's /etc/passwd or /etc/group`,
  USER_INVALID: (d: { user: string }) =>
    `'${d.user}' can be no user or group: ids are numbers from 0 to ${2 ** 32 - 2}`,
  IMAGE_FILE_INVALID: (d: { path: string; reason: string }) =>
    `the file '${d.path}' of the image cannot be used: ${d.reason}`,
  ALREADY_RUNNING: (d: { root: string }) =>
    `another runtime works with '${d.root}': stop it, or give this one a directory of its own with --root and --state`,
  PART_UNKNOWN: (d: { kind: string; name: string; known: readonly string[] }) =>
    `the settings name the ${d.kind} '${d.name}', which no plugin contributes; there are: ${d.known.join(', ')}`,
  ARCHIVE_INVALID: (d: { reason: string }) =>
    `this archive holds no image that can be read: ${d.reason}; it has to be an OCI layout or made by 'docker save'`,
  IMAGE_UNKNOWN: (d: { name: string }) => `there is no image '${d.name}' here: see 'kubewright runtime images'`,
  CONTROL_UNREACHABLE: (d: { path: string }) =>
    `no runtime of this machine listens on '${d.path}': start one with 'kubewright runtime serve', or name its --control`,
  CONTROL_FAILED: (d: { reason: string }) => `the runtime refused: ${d.reason}`,
  COMMAND_FAILED: (d: { reason: string }) => `the command could not be run: ${d.reason}`,
  WORDS_MISSING: (d: { what: string }) => `this command needs ${d.what}: see its --help`,
  CONTAINER_UNKNOWN: (d: { word: string; matches: number }) =>
    `'${d.word}' names ${d.matches === 0 ? 'no container' : `${d.matches} containers`}: give a name or id that 'kubewright runtime ps --all' shows`,
  NO_NETWORK: (d: { directory: string }) =>
    `no network is configured in '${d.directory}': put a CNI configuration there; pods in the host's network work without`,
  CDI_INVALID: (d: { path: string; reason: string }) => `the CDI file '${d.path}' cannot be used: ${d.reason}`,
  CDI_UNKNOWN: (d: { name: string; reason: string }) =>
    `the device '${d.name}' cannot be given to a container: ${d.reason}`,
  RECORD_INVALID: (d: { path: string }) => `the record '${d.path}' cannot be read: it is left out`,
});
