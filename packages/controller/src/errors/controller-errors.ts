/** The errors that this package throws on purpose. `docs/errors.md` explains each. */
import { inspect } from 'node:util';
import { defineErrors } from '@kubewright/core';

export const controllerErrors = defineErrors('CONTROLLER', {
  FIELD_WITHOUT_TYPE: (d: { className: string; field: string }) =>
    `no decorator tells the type of ${d.className}.${d.field}: add one such as @IsString() or @IsInt(), or @Nested(() => Class), @ListOf(…), @MapOf(…)`,
  FIELD_WITH_TWO_TYPES: (d: { className: string; field: string; types: readonly string[] }) =>
    `the decorators of ${d.className}.${d.field} name different types (${d.types.join(', ')}): keep those of one`,
  FIELD_DECORATED_TWICE: (d: { className: string; field: string; what: string }) =>
    `two decorators of ${d.className}.${d.field} each say its ${d.what}: keep one`,
  FIELD_PATTERN_FLAGS: (d: { className: string; field: string; pattern: string }) =>
    `the pattern ${d.pattern} of ${d.className}.${d.field} has flags, which a schema cannot say: write it without them, as [Aa] for a letter of either case`,
  VALIDATOR_OUT_OF_REACH: () =>
    `the program has loaded class-validator, and @kubewright/controller cannot find it, so what its decorators say would be lost: install it where both find it, as in the operator's own dependencies`,
  CLASS_DECORATED_TWICE: (d: { className: string; decorator: string }) =>
    `${d.className} has two @${d.decorator}: keep one, or derive a class for the other`,
  DUPLICATE_FINALIZER: (d: { className: string; finalizer: string; methods: readonly string[] }) =>
    `the methods ${d.methods.join(' and ')} of ${d.className} have one finalizer, '${d.finalizer}', so the second would never run: give each a name of its own`,
  FIELD_DEFAULT_MISFIT: (d: { className: string; field: string; reason: string }) =>
    `the default of ${d.className}.${d.field} does not fit its own decorators: ${d.reason}`,
  RECURSIVE_CLASS: (d: { path: readonly string[] }) =>
    `${d.path.join(' → ')} is recursive, which a structural schema cannot say: mark the inner field @PreserveUnknownFields()`,
  STOPPED: (d: { controller: string }) => `controller '${d.controller}' was stopped`,
  KIND_NOT_SERVED: (d: { kind: string; apiVersion: string }) =>
    `the server serves no ${d.kind} in ${d.apiVersion}: install its CustomResourceDefinition, or correct apiVersion and kind`,
  CLUSTER_NOT_OPEN: (d: { cluster: string }) =>
    `the connection to cluster '${d.cluster}' is not open: use it in start() or later, not in a constructor`,
  NOT_A_CONTROLLER: (d: { className: string }) =>
    `${d.className} is no controller: decorate the class with @Controller({ for: … })`,
  NOT_WATCHED: (d: { controller: string; kind: string }) =>
    `controller '${d.controller}' reads ${d.kind} from the cache but does not watch it: add it to owns or watches, or read it live with ctx.client`,
  RECONCILE_TIMEOUT: (d: { controller: string; key: string; milliseconds: number }) =>
    `controller '${d.controller}' took longer than ${d.milliseconds} ms for ${d.key}`,
  ALREADY_OWNED: (d: { child: string; owner: string; wanted: string }) =>
    `${d.wanted} does not take ${d.child}: ${d.owner} is its controller; give the child another name, or release it there`,
  NOT_ADOPTED: (d: { child: string; wanted: string }) =>
    `${d.wanted} does not take ${d.child}: it exists and no controller owns it, so somebody else may have made it; give the child another name, or take it with { adopt: true }, which deletes it with its new owner`,
  FIELDS_OWNED: (d: { child: string; fields: string }) =>
    `${d.child} was not applied, as other managers own fields of it with other values: ${d.fields}; leave these fields out, or take them with { force: true }`,
  RECONCILE_STUCK: (d: { controller: string; key: string; milliseconds: number }) =>
    `controller '${d.controller}' told its run of ${d.key} to end after ${d.milliseconds} ms, and it still runs: pass ctx.signal to whatever it waits for; ${d.key} is not run again before it ends`,
  RECONCILE_RESULT: (d: { controller: string; key: string; value: unknown }) =>
    `controller '${d.controller}' answered ${inspect(d.value, { depth: 1, breakLength: Infinity }).slice(0, 200)} for ${d.key}: return nothing, or requeueAfter(…) with a time`,
  OPTION_INVALID: (d: { controller: string; option: string; value: unknown; expected: string }) =>
    `\`${d.option}\` of controller '${d.controller}' must be ${d.expected}, not ${inspect(d.value)}`,
  NOT_ESTABLISHED: (d: { definition: string; reason: string }) =>
    `the CustomResourceDefinition ${d.definition} was not established: ${d.reason}`,
  NOT_LEADING: () =>
    'nothing is written: this copy of the program does not lead, or could not renew its Lease in time (it may have been stopped for a while)',
  LEASE_TIMES: (d: { problem: string; leaseDuration: number; renewDeadline: number; retryPeriod: number }) =>
    `the times of a leader election do not fit together: ${d.problem} (leaseDuration ${d.leaseDuration}, renewDeadline ${d.renewDeadline}, retryPeriod ${d.retryPeriod} ms)`,
  LEASE_LOST: (d: { lease: string; identity: string }) =>
    `'${d.identity}' no longer leads: the Lease '${d.lease}' was taken by another, or could not be renewed in time`,
  NOT_A_CUSTOM_RESOURCE: (d: { className: string }) =>
    `${d.className} is no kind: decorate the class with @CustomResource({ group, version, kind, … }), or pass a built-in kind`,
});
