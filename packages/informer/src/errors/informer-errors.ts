/** The errors that this package throws on purpose. `docs/errors.md` explains each. */
import { inspect } from 'node:util';
import { defineErrors } from '@kubewright/core';

/** Every error that this package throws on purpose; what an API server answers is a `StatusError` of `@kubewright/api`. */
export const informerErrors = defineErrors('INFORMER', {
  KUBECONFIG_NOT_FOUND: (d: { paths: readonly string[] }) =>
    `no kubeconfig file exists at ${d.paths.join(', ')}: set KUBECONFIG, pass \`path\`, or use inCluster()`,
  KUBECONFIG_INVALID: (d: { path: string; problem: string }) => `the kubeconfig ${d.path} cannot be used: ${d.problem}`,
  KUBECONFIG_ENTRY_MISSING: (d: { what: 'context' | 'cluster' | 'user'; name: string; known: readonly string[] }) =>
    d.name === ''
      ? `no ${d.what} is selected in the kubeconfig: pass \`${d.what}\` or set a current context`
      : `the kubeconfig has no ${d.what} named '${d.name}': it has ${d.known.length === 0 ? 'none' : d.known.join(', ')}`,
  KUBECONFIG_UNSUPPORTED: (d: { feature: string; fix: string }) =>
    `the kubeconfig uses ${d.feature}, which is not supported: ${d.fix}`,
  CREDENTIAL_FILE: (d: { path: string }) =>
    `the credential file ${d.path} cannot be read or is empty: check that it exists and is readable by this process`,
  EXEC_CREDENTIAL: (d: { command: string; problem: string; hint?: string | undefined }) =>
    `the credential plugin '${d.command}' failed: ${d.problem}${d.hint === undefined ? '' : `\n${d.hint}`}`,
  NOT_IN_CLUSTER: (d: { missing: string }) =>
    `this process does not seem to run in a Pod: ${d.missing} is missing; use kubeconfig() or give the Pod a service account`,
  SERVER_URL: (d: { url: string }) => `'${d.url}' is not an API server's address: use https://HOST[:PORT][/PATH]`,
  TRANSPORT_CLOSED: () => 'the transport was closed: open a new connection before sending requests',
  CONNECTION: (d: { method: string; path: string; problem: string }) =>
    `no response to ${d.method} ${d.path}: ${d.problem}`,
  REQUEST_TIMEOUT: (d: { method: string; path: string; milliseconds: number }) =>
    `${d.method} ${d.path} took longer than ${d.milliseconds} ms: raise \`timeout\` or check the API server`,
  RESPONSE_INVALID: (d: { method: string; path: string; problem: string }) =>
    `the response to ${d.method} ${d.path} cannot be read: ${d.problem}`,
  RESPONSE_TOO_LARGE: (d: { method: string; path: string; limit: number }) =>
    `the response to ${d.method} ${d.path} is larger than ${d.limit} bytes: list in pages, or raise \`maxResponseBytes\``,
  NAMESPACE_REQUIRED: (d: { kind: string; verb: string }) =>
    `${d.verb} ${d.kind} needs a namespace: set it in the key or the object, or give the client a default namespace`,
  NAME_REQUIRED: (d: { kind: string; verb: string }) =>
    `${d.verb} ${d.kind} needs the object's name: set metadata.name`,
  NAME_INVALID: (d: { what: string; value: string }) =>
    `'${d.value}' cannot be used as a ${d.what}: it must be one path segment`,
  OBJECT_MISMATCH: (d: { expected: string; actual: string }) =>
    `the object is a ${d.actual}, not a ${d.expected}: pass the kind that belongs to it`,
  WATCH_LINE_TOO_LONG: (d: { limit: number }) =>
    `one watch event is longer than ${d.limit} characters, and no object of Kubernetes is: look at what stands between client and API server`,
  WATCH_LINE_INVALID: (d: { problem: string }) => `a watch event cannot be read: ${d.problem}`,
  OBJECT_REFUSED: (d: { plural: string; object: string; problem: string }) =>
    `the server sent '${d.object}' among the ${d.plural}, but ${d.problem}; listing again`,
  LIST_UNVERSIONED: (d: { plural: string }) =>
    `the list of ${d.plural} has no resourceVersion or 0, so no watch can go on from it; listing again instead`,
  LIST_ENDLESS: (d: { plural: string; problem: string }) =>
    `the list of ${d.plural} does not come to an end: ${d.problem}; check the API server and what stands before it`,
  WATCH_DEADLINE: (d: { seconds: number }) =>
    `the watch was still open ${d.seconds} s after its start, past the time it asked for: the connection is taken for dead`,
  WATCH_TOO_SHORT: () =>
    'the watch ended within a second, without an event or again and again: the server or a proxy closes watches at once',
  WATCH_LIST_INCOMPLETE: (d: { problem: string; permanent: boolean }) =>
    `the initial events did not come to their end: ${d.problem}; listing instead`,
  RESOURCE_VERSION_INVALID: (d: { value: string }) =>
    `'${d.value}' is not a resourceVersion to wait for: pass one that a write answered`,
  INDEX_EXISTS: (d: { index: string }) =>
    `the index '${d.index}' is declared already, with another function: choose another name`,
  INDEX_UNKNOWN: (d: { index: string; known: readonly string[] }) =>
    `no index is named '${d.index}': declare it with addIndex; declared are ${d.known.join(', ')}`,
  WORK_QUEUE_NUMBER: (d: { queue: string; option: string; value: unknown }) =>
    `\`${d.option}\` of the work queue '${d.queue}' must be a finite number that fits, not ${inspect(d.value)}`,
  RESYNC_PERIOD: (d: { kind: string; value: number }) =>
    `\`resyncPeriod\` of a handler of ${d.kind} must be a finite number of milliseconds, not ${d.value}`,
  INFORMER_STOPPED: () => 'the informer has no subscriber left and was stopped: subscribe again',
  STORE_CLOSED: () => 'the store was closed while somebody waited for it',
});
