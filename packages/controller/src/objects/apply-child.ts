/** Sends one apply, to nobody's object but the owner's and over nobody else's fields, unless told to. */
import { isAlreadyExists, isConflict, isNotFound, objectKey } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { ApplyObject, Client } from '@kubewright/informer';
import { controllerErrors } from '../errors/controller-errors.js';
import type { EventRecorder } from '../events/event-recorder.js';
import type { ApplyOptions } from './child-options.js';
import { claimChild } from './child-claim.js';
import type { ChildClaim } from './child-claim.js';
import { fieldConflictOf } from './field-conflict.js';

export interface ChildApply<C extends KubeObject> {
  readonly kind: Kind<C>;
  /** The fields to apply, with the owner's reference where it becomes the controller. */
  readonly wanted: ApplyObject<C>;
  readonly owner: DeepReadonly<KubeObject>;
  readonly options: ApplyOptions;
  /** What the cache has under the child's name: where reading begins, never what a refusal rests on. */
  readonly cached: DeepReadonly<KubeObject> | undefined;
  /** Whether the cache would show the child, so that its absence there is worth trying. */
  readonly isCached: boolean;
  readonly client: Client;
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
}

/** How often a child that changes between judging and writing is judged anew; after that the conflict is the run's. */
const attempts = 4;

/** @throws ALREADY_OWNED, NOT_ADOPTED, FIELDS_OWNED, and what the server refuses with. */
export async function applyChild<C extends KubeObject>(apply: ChildApply<C>): Promise<C> {
  if (apply.options.owned === false) return send(apply, apply.wanted);
  let existing = apply.isCached ? apply.cached : await readLive(apply);
  let isLive = !apply.isCached;
  for (let left = attempts; ; left--) {
    let claim: ChildClaim;
    try {
      claim = claimChild(existing, apply.owner, apply.options.adopt === true);
    } catch (error) {
      if (!isLive) {
        [existing, isLive] = [await readLive(apply), true];
        continue;
      }
      if (controllerErrors.ALREADY_OWNED.is(error)) record(apply, 'Warning', 'AlreadyOwned', error.message);
      if (controllerErrors.NOT_ADOPTED.is(error)) record(apply, 'Warning', 'NotAdopted', error.message);
      throw error;
    }
    const { wanted } = apply;
    try {
      const metadata = { ...claim.precondition, ...wanted.metadata };
      const applied = await send(apply, { ...wanted, metadata });
      if (claim.adopts) record(apply, 'Normal', 'Adopted', `took ${nameOf(apply)}, which no controller owned`);
      return applied;
    } catch (error) {
      const hasChanged = isConflict(error) || isAlreadyExists(error);
      if (!hasChanged || left <= 1) throw error;
      [existing, isLive] = [await readLive(apply), true];
    }
  }
}

async function send<C extends KubeObject>(apply: ChildApply<C>, object: ApplyObject<C>): Promise<C> {
  const { client, kind, signal, options } = apply;
  try {
    return await client.apply<C>(kind, object, { signal });
  } catch (error) {
    const fields = fieldConflictOf(error);
    if (fields === undefined) throw error;
    if (options.force !== true) {
      const refusal = controllerErrors.FIELDS_OWNED({ child: nameOf(apply), fields }, { cause: error });
      record(apply, 'Warning', 'FieldsOwned', refusal.message);
      throw refusal;
    }
    const applied = await client.apply<C>(kind, object, { force: true, signal });
    record(apply, 'Normal', 'FieldsTaken', `took fields of ${nameOf(apply)} from other managers: ${fields}`);
    return applied;
  }
}

async function readLive<C extends KubeObject>(apply: ChildApply<C>): Promise<DeepReadonly<KubeObject> | undefined> {
  const { client, kind, signal } = apply;
  const { name, namespace } = apply.wanted.metadata as { readonly name: string; readonly namespace?: string };
  try {
    const live: KubeObject = await client.get(kind, { name, namespace }, { signal });
    return live;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function record(
  { events, owner }: Pick<ChildApply<KubeObject>, 'events' | 'owner'>,
  type: 'Normal' | 'Warning',
  reason: string,
  note: string,
): void {
  events.record(owner, { type, reason, note, action: 'Apply' });
}

function nameOf<C extends KubeObject>({ kind, wanted }: Pick<ChildApply<C>, 'kind' | 'wanted'>): string {
  return `${kind.kind} '${objectKey(wanted)}'`;
}
