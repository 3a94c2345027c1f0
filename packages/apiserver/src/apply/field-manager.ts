import { apiVersionOf, statusErrors } from '@kubewright/api';
import type { GroupVersionKind, Json, JsonObject, Schema, SchemaResolver } from '@kubewright/api';
import type { Clock } from '@kubewright/core';
import { deepCopy, deepCopyObject, deepEqual, isObject, own } from '@kubewright/api/json';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { checkConfig, describeProblems } from './check-config.js';
import { compare } from './compare.js';
import type { Comparison } from './compare.js';
import { TypeCompiler } from './compile-type.js';
import { conflictError } from './conflicts.js';
import type { Conflict } from './conflicts.js';
import { FieldSet } from './field-set.js';
import type { FieldType } from './field-type.js';
import { fieldsOfLastApplied, kubectlManager, refreshLastApplied } from './last-applied.js';
import { capUpdateManagers, decodeManagedFields, encodeManagedFields, managerKey } from './managed-fields.js';
import type { ManagedEntry, ManagedFields, ManagerIdentity, ManagerOperation } from './managed-fields.js';
import { merge } from './merge.js';
import {
  managedFieldsOf,
  metadataOf,
  resetsManagedFields,
  withManagedFields,
  withoutManagedFields,
  withoutNullServerFields,
  withoutServerFields,
} from './object-metadata.js';
import { conflictsOf, disown, prune, reconcileWithSchema, unownedFields } from './ownership.js';
import { toFieldSet } from './to-field-set.js';

export interface FieldManagerOptions {
  readonly kind: GroupVersionKind;
  /** The kind's schema in this version; undefined: types are deduced from the values. */
  readonly schema: Schema | undefined;
  /** Finds the schemas that `schema` refers to, and `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` in any case. */
  readonly resolve: SchemaResolver;
  /**
   * What a write through a subresource (the empty name: the main resource) resets and therefore nobody can own through
   * it, as `status` for the main resource of a kind with status, and `spec` for its status.
   */
  readonly resetFields: ReadonlyMap<string, FieldSet>;
  readonly clock: Clock;
}

export interface ApplyRequest {
  /** The object as stored; undefined: it does not exist yet. */
  readonly live: ReadonlyJsonObject | undefined;
  /** The applied configuration: the parsed body. */
  readonly config: ReadonlyJsonObject;
  /** The name of the field manager. */
  readonly manager: string;
  /** Whether the manager takes over what others own. */
  readonly force: boolean;
  /** Empty for the main resource. */
  readonly subresource: string;
}

export interface UpdateRequest {
  /** The object as stored; undefined for a create. */
  readonly live: ReadonlyJsonObject | undefined;
  /** What is to be stored: the body of a create or update, or the result of a patch. */
  readonly updated: JsonObject;
  readonly manager: string;
  readonly subresource: string;
}

/** The manager of what an object held before it was first applied to. */
const beforeFirstApply = 'before-first-apply';

/**
 * Server-side apply for one version of one kind: merges applied configurations and keeps `metadata.managedFields`. Pure
 * but for the clock. Entries of other versions of the kind are kept, and count as if their fields had the same names here.
 */
export class FieldManager {
  readonly #options: FieldManagerOptions;
  readonly #apiVersion: string;
  readonly #types: TypeCompiler;
  #type: FieldType | undefined;

  constructor(options: FieldManagerOptions) {
    this.#options = options;
    this.#apiVersion = apiVersionOf(options.kind);
    this.#types = new TypeCompiler(options.resolve);
  }

  get #root(): FieldType {
    return (this.#type ??= this.#types.object(this.#options.schema));
  }

  /**
   * Merges a configuration into the live object: sets what it states, removes what this manager applied before and states
   * no longer and nobody else owns, and records the manager as the owner of what it states. The same configuration applied
   * twice changes nothing. managedFields of the live object that cannot be read are started anew.
   *
   * @returns a new object that shares nothing with the request
   * @throws StatusError 400 for another kind, for managedFields in the configuration, and for fields that do not fit the
   * schema; 409 for fields that others own, unless `force`.
   */
  applyPatch(request: ApplyRequest): JsonObject {
    const config = withoutNullServerFields(request.config);
    this.#check(config);
    const { kind } = this.#options.kind;
    const live = request.live ?? { apiVersion: this.#apiVersion, kind };
    const base = withoutManagedFields(live);
    let managers = decodeOrNone(managedFieldsOf(live));
    if (managers.size === 0 && request.live !== undefined) {
      const identity = this.#identity(beforeFirstApply, 'Update', request.subresource);
      managers = this.#claim(new Map(), identity, this.#ownable(this.#compare({}, base), request.subresource));
    }
    const identity = this.#identity(request.manager, 'Apply', request.subresource);
    const outcome = this.#merge(base, config, managers, identity);
    if (!request.force && outcome.conflicts.length > 0) this.#refuse(outcome.conflicts, base, request.manager);
    const managedFields = encodeManagedFields(outcome.managers);
    const object = deepCopyObject(outcome.object);
    if (request.manager === kubectlManager) refreshLastApplied(object, config);
    return withManagedFields(object, managedFields.map(deepCopy));
  }

  /**
   * Records that a manager wrote an object by any way but apply: it owns what it added or changed, and the others lose
   * that and what it removed. Where nothing changed, the managedFields stay as they are, times included. Never fails:
   * values that do not fit the schema are owned as a whole.
   *
   * managedFields in `updated` replace the live ones where they are valid; an empty list, or one empty entry, forgets all
   * managers. A write through a subresource cannot set them.
   *
   * @returns a shallow copy of `updated` with its managedFields; the entries may be those of `live` and are read-only
   */
  recordUpdate({ live, updated, manager, subresource }: UpdateRequest): JsonObject {
    const stored = live === undefined ? undefined : managedFieldsOf(live);
    const requested = subresource === '' ? managedFieldsOf(updated) : undefined;
    const change = this.#compare(live ?? {}, updated);
    const keeps = requested === undefined || requested === null || deepEqual(requested, stored);
    if (live !== undefined && keeps && isSame(change)) return withManagedFields(updated, stored);
    let managers = decodeRequested(requested, stored);
    if (live !== undefined && managers.size === 0) return withManagedFields(updated, undefined);
    const filtered = this.#withoutReset(change, subresource);
    managers = disown(reconcileWithSchema(managers, this.#root), filtered, undefined);
    const identity = this.#identity(manager, 'Update', subresource);
    managers = this.#claim(managers, identity, this.#ownable(change, subresource));
    return withManagedFields(updated, encodeManagedFields(capUpdateManagers(managers)));
  }

  /** Steps of an apply that do not depend on `force`. */
  #merge(base: ReadonlyJsonObject, config: ReadonlyJsonObject, before: ManagedFields, identity: ManagerIdentity) {
    const type = this.#root;
    const key = managerKey(identity);
    const reconciled = reconcileWithSchema(before, type);
    const previous = reconciled.get(key);
    const applied = toFieldSet(type, config).recursiveDifference(this.#reset(identity.subresource));
    const last = previous?.fields ?? FieldSet.empty;
    let object: Json = merge(type, base, config);
    if (!last.difference(applied).isEmpty) {
      let managed = applied;
      for (const [other, entry] of reconciled) if (other !== key) managed = managed.union(entry.fields);
      // Once more, for the empty maps and lists that the configuration states and whose last content was pruned.
      object = merge(type, prune(type, object, last, managed), config);
    }
    const merged = isObject(object) ? object : {};
    const change = this.#compare(base, merged);
    const filtered = this.#withoutReset(change, identity.subresource);
    const conflicts = conflictsOf(reconciled, filtered, key);
    const managers = disown(reconciled, filtered, key);
    const fields = applied.difference(unownedFields);
    // The order of items has no owner, but is a change.
    const changed = !deepEqual(withoutServerFields(base), withoutServerFields(merged));
    if (fields.isEmpty) managers.delete(key);
    else if (!changed && previous?.apiVersion === identity.apiVersion && previous.fields.equals(fields)) {
      managers.set(key, previous);
    } else managers.set(key, { ...identity, time: changed ? this.#now() : (previous?.time ?? this.#now()), fields });
    return { object: merged, managers, conflicts };
  }

  /** Throws the conflicts, except those that kubectl may resolve because its client-side apply set the fields. */
  #refuse(conflicts: readonly Conflict[], live: ReadonlyJsonObject, manager: string): void {
    const allowed =
      manager === kubectlManager ? fieldsOfLastApplied(this.#root, live, this.#apiVersion) : FieldSet.empty;
    const left = conflicts
      .map(({ owner, fields }) => ({ owner, fields: fields.difference(allowed) }))
      .filter(({ fields }) => !fields.isEmpty);
    if (left.length > 0) throw conflictError(left);
  }

  #check(config: ReadonlyJsonObject): void {
    const { group, version, kind } = this.#options.kind;
    const [apiVersion, configKind] = [textOf(config, 'apiVersion'), textOf(config, 'kind')];
    if (apiVersion !== this.#apiVersion || configKind !== kind) {
      const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
      throw statusErrors.badRequest(`invalid object type: ${groupVersion}, Kind=${configKind}`);
    }
    const metadata = metadataOf(config);
    if ((own(metadata, 'managedFields') ?? null) !== null)
      throw statusErrors.badRequest('metadata.managedFields must be nil');
    const problems = checkConfig(this.#root, config);
    if (problems.length > 0) {
      const what = `${textOf(metadata, 'namespace')}/${textOf(metadata, 'name')}; ${group}/${version}, Kind=${kind}`;
      throw statusErrors.badRequest(`failed to create typed patch object (${what}): ${describeProblems(problems)}`);
    }
  }

  #compare(live: ReadonlyJsonObject, updated: ReadonlyJsonObject): Comparison {
    return compare(this.#root, withoutServerFields(live), withoutServerFields(updated));
  }

  #reset(subresource: string): FieldSet {
    return this.#options.resetFields.get(subresource) ?? FieldSet.empty;
  }

  #withoutReset({ added, modified, removed }: Comparison, subresource: string): Comparison {
    const reset = this.#reset(subresource);
    return {
      added: added.recursiveDifference(reset),
      modified: modified.recursiveDifference(reset),
      removed: removed.recursiveDifference(reset),
    };
  }

  /** What the author of a change owns of it. */
  #ownable(change: Comparison, subresource: string): FieldSet {
    return change.modified.union(change.added).recursiveDifference(this.#reset(subresource)).difference(unownedFields);
  }

  /** Adds fields to a manager's entry and renews its time. */
  #claim(managers: ManagedFields, identity: ManagerIdentity, fields: FieldSet): ManagedFields {
    if (fields.isEmpty) return managers;
    const key = managerKey(identity);
    const entry: ManagedEntry = {
      ...identity,
      time: this.#now(),
      fields: fields.union(managers.get(key)?.fields ?? FieldSet.empty),
    };
    return new Map(managers).set(key, entry);
  }

  #identity(manager: string, operation: ManagerOperation, subresource: string): ManagerIdentity {
    return { manager: manager === '' ? 'unknown' : manager, operation, apiVersion: this.#apiVersion, subresource };
  }

  #now(): string {
    return `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
  }
}

function isSame({ added, modified, removed }: Comparison): boolean {
  return added.isEmpty && modified.isEmpty && removed.isEmpty;
}

function textOf(object: ReadonlyJsonObject, key: string): string {
  const value = own(object, key);
  return typeof value === 'string' ? value : '';
}

function decodeOrNone(managedFields: Json | undefined): ManagedFields {
  try {
    return decodeManagedFields(managedFields);
  } catch {
    return new Map();
  }
}

/** The managers that a write starts from: those of the request where it states valid ones, else those of the live object. */
function decodeRequested(requested: Json | undefined, stored: Json | undefined): ManagedFields {
  if (resetsManagedFields(requested)) return new Map();
  const managers = decodeOrNone(requested);
  return managers.size === 0 ? decodeOrNone(stored) : managers;
}
