import { formatObjectKey } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import { PersistentVolume } from '@kubewright/api/core/v1';
import type { InformerFactory, SharedInformer } from '@kubewright/informer';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';

const indexName = 'kubewright-volumes-by-use';
const claimed = (claim: ObjectKey): string => `claimed by ${formatObjectKey(claim)}`;
const free = (className = '', mode = 'Filesystem'): string => `free ${mode} of ${className}`;

/** Volumes are found by the claim that they name, or, as long as they are free, by their class and mode. */
function usesOf({ spec, status }: ReadonlyVolume): readonly string[] {
  const { namespace, name } = spec?.claimRef ?? {};
  if (name !== undefined) return [claimed({ namespace, name })];
  return status?.phase === 'Available' ? [free(spec?.storageClassName, spec?.volumeMode)] : [];
}

/** Finds volumes without looking at all of them. */
export class VolumeIndex {
  readonly #volumes: SharedInformer<PersistentVolume>;
  /** The claims, by uid, that volumes are being given to, until the cache shows it. */
  readonly #given = new Map<string, string>();

  constructor(informers: InformerFactory) {
    this.#volumes = informers.informer(PersistentVolume).addIndex(indexName, usesOf);
  }

  /** Those that name a claim. */
  claimedBy(claim: ObjectKey): ReadonlyVolume[] {
    return this.#find(claimed(claim));
  }

  /** All that the plan for a claim can come to: what it names, what names it, and what is free for it. */
  candidatesFor({ metadata, spec }: ReadonlyClaim): ReadonlyVolume[] {
    const { name = '', namespace } = metadata;
    const named = spec?.volumeName ? this.#volumes.lister.get({ name: spec.volumeName }) : undefined;
    if (spec?.volumeName) return named === undefined ? [] : [named];
    const unclaimed = this.#find(free(spec?.storageClassName, spec?.volumeMode));
    const isGiven = (volume: ReadonlyVolume): boolean => {
      const uid = this.#given.get(volume.metadata.name ?? '');
      return uid !== undefined && uid !== metadata.uid;
    };
    // Without this, all claims of a class would try for the same volume while the cache is behind.
    return [...this.claimedBy({ name, namespace }), ...unclaimed.filter((volume) => !isGiven(volume))];
  }

  /** Keeps a free volume from other claims until `seen` or `takeBack`. */
  give({ metadata, spec }: ReadonlyVolume, { metadata: { uid = '' } }: ReadonlyClaim): void {
    if (spec?.claimRef === undefined) this.#given.set(metadata.name ?? '', uid);
  }

  /** The claim did not get it. */
  takeBack({ metadata }: ReadonlyVolume): void {
    this.#given.delete(metadata.name ?? '');
  }

  /** Tells that the cache has a newer state of a volume. */
  seen(volume: ReadonlyVolume, isGone: boolean): void {
    if (isGone || volume.spec?.claimRef !== undefined) this.takeBack(volume);
  }

  #find(value: string): ReadonlyVolume[] {
    return this.#volumes.lister.list({ index: { name: indexName, value } });
  }
}
