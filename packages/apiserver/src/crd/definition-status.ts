import type { JsonObject, MutableJson } from '@kubewright/api';
import { isJsonObject } from '../object/object-bytes.js';
import type { NameDecision } from './names.js';

type Outcome = { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string };

/** The status of a definition whose names were decided. Conditions that stay the same keep their times. */
export function definitionStatus(status: JsonObject, { accepted, conflict }: NameDecision, now: string): JsonObject {
  const names: Outcome =
    conflict === undefined
      ? { status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { status: 'False', ...conflict };
  const before = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const wasEstablished = before.some(
    (condition) => isJsonObject(condition) && condition['type'] === 'Established' && condition['status'] === 'True',
  );
  // A definition that is served once stays so, or its objects would be out of reach.
  const established: Outcome =
    conflict === undefined || wasEstablished
      ? { status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
      : { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const conditions = setCondition(setCondition(before, 'NamesAccepted', names, now), 'Established', established, now);
  const { plural, singular, kind, listKind, shortNames, categories } = accepted;
  return {
    ...status,
    conditions,
    acceptedNames: {
      plural,
      ...(singular === '' ? {} : { singular }),
      kind,
      ...(listKind === '' ? {} : { listKind }),
      ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
      ...(categories.length === 0 ? {} : { categories: [...categories] }),
    },
  };
}

/** Marks a definition whose objects are being removed. */
export function terminating(status: JsonObject, reason: string, message: string, now: string): JsonObject {
  const before = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return { ...status, conditions: setCondition(before, 'Terminating', { status: 'True', reason, message }, now) };
}

export function isEstablished(status: JsonObject): boolean {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.some((each) => isJsonObject(each) && each['type'] === 'Established' && each['status'] === 'True');
}

function setCondition(conditions: readonly MutableJson[], type: string, outcome: Outcome, now: string): MutableJson[] {
  const found = conditions.findIndex((each) => isJsonObject(each) && each['type'] === type);
  const old = conditions[found];
  const unchanged = isJsonObject(old) && old['status'] === outcome.status;
  const time = unchanged ? (old['lastTransitionTime'] ?? now) : now;
  const condition = {
    lastTransitionTime: time,
    message: outcome.message,
    reason: outcome.reason,
    status: outcome.status,
    type,
  };
  return found < 0 ? [...conditions, condition] : conditions.with(found, condition);
}
