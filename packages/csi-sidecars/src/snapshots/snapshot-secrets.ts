/**
 * The secrets that snapshots are made and deleted with. A class names them; they are written on the content as well, since the
 * class may be gone when that is deleted.
 */
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { ObjectReference, SecretReference } from '@kubewright/api/core/v1';
import { secretReference } from '../driver/parameters.js';

/** What differs between snapshots and groups of them. */
export interface SecretNames {
  readonly annotation: string;
  /** Of the class's parameters. */
  readonly step: string;
  readonly variable: string;
}

export const ofSnapshot: SecretNames = {
  annotation: 'snapshot.storage.kubernetes.io/deletion-secret',
  step: 'snapshotter',
  variable: 'volumesnapshot',
};
export const ofGroup: SecretNames = {
  annotation: 'groupsnapshot.storage.kubernetes.io/deletion-secret',
  step: 'group-snapshotter',
  variable: 'volumegroupsnapshot',
};
export const ofGroupToGet: SecretNames = { ...ofGroup, step: 'group-snapshotter-get' };

/** The secret for a content, as its class names it. @param reference - of the snapshot or the group */
export function classSecret(
  { step, variable }: SecretNames,
  parameters: Readonly<Record<string, string>> | undefined,
  contentName: string,
  { name = '', namespace = '' }: DeepReadonly<ObjectReference>,
): SecretReference | undefined {
  return secretReference(parameters, step, {
    [`${variable}content.name`]: contentName,
    [`${variable}.name`]: name,
    [`${variable}.namespace`]: namespace,
  });
}

/** For a new content. */
export function secretAnnotations(
  { annotation }: SecretNames,
  secret: SecretReference | undefined,
): Record<string, string> {
  if (secret === undefined) return {};
  return { [`${annotation}-name`]: secret.name ?? '', [`${annotation}-namespace`]: secret.namespace ?? '' };
}

/** What `secretAnnotations` wrote. */
export function writtenSecret(
  { annotation }: SecretNames,
  { metadata }: DeepReadonly<KubeObject>,
): SecretReference | undefined {
  const name = metadata.annotations?.[`${annotation}-name`];
  const namespace = metadata.annotations?.[`${annotation}-namespace`];
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}
