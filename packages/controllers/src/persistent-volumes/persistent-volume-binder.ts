/**
 * Binds claims and volumes to each other: the claim's side here, the volume's in `persistent-volume-reclaimer`. What to do is
 * planned in `claim-plan` and `volume-plan`. Volumes are made and deleted by the driver's provisioner, which is told by
 * annotations and phases.
 */
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { Cluster, Controller, Reconciler, Watches } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import type { InformerEvent, SharedInformer } from '@kubewright/informer';
import { merge, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import {
  annotationOf,
  betaStorageProvisioner,
  bindCompleted,
  boundByController,
  selectedNode,
  storageProvisioner,
  yes,
} from './annotations.js';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';
import { planClaim } from './claim-plan.js';
import type { ClaimPlan, ClaimSurroundings } from './claim-plan.js';
import { VolumeIndex } from './volume-index.js';

type Context = ReconcileContext<PersistentVolumeClaim>;

const waitingIndex = 'kubewright-waiting-claims';
const ofVolume = (name = ''): string => `volume ${name}`;
const ofClass = (name: string | undefined): string => (name === undefined ? 'no class' : `class ${name}`);

/**
 * The stock binder of PersistentVolumeClaims. A subclass may override `plan`: which volume a claim gets, or when it is
 * provisioned.
 */
@Controller({
  for: PersistentVolumeClaim,
  reads: [PersistentVolume, StorageClass, Node],
  name: 'persistentvolume-binder',
})
@Watches((binder: PersistentVolumeBinder) => binder.changes$, (key: ObjectKey) => [key])
export class PersistentVolumeBinder extends Reconciler<PersistentVolumeClaim> {
  #volumeIndex: VolumeIndex | undefined;

  constructor(@inject(Cluster) protected readonly cluster: Cluster) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<void> {
    const nodeName = annotationOf(claim, selectedNode);
    const plan = this.plan(claim, {
      volumes: this.#volumes.candidatesFor(claim),
      classes: ctx.list(StorageClass),
      node: nodeName === undefined ? undefined : ctx.get(Node, { name: nodeName }),
    });
    switch (plan.do) {
      case 'bind':
        return this.#bind(claim, plan.volume, ctx);
      case 'provision':
        return requestVolume(claim, plan.provisioner, ctx);
      case 'assign-class':
        return void (await patchClaim(claim, {}, { storageClassName: plan.storageClassName }, ctx));
      default:
        if (plan.event !== undefined) ctx.event(plan.event.type, plan.event.reason, plan.event.note);
        return ctx.status({ phase: plan.do === 'lose' ? 'Lost' : 'Pending' });
    }
  }

  /** Decides what to do about a claim. Pure: no writes here. */
  protected plan(claim: ReadonlyClaim, surroundings: ClaimSurroundings): ClaimPlan {
    return planClaim(claim, surroundings);
  }

  /** Claims that a change of a volume or a class concerns. */
  get changes$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    return merge(
      informers.informer(PersistentVolume).events$.pipe(mergeMap((event) => this.#concernedByVolume(event))),
      informers
        .informer(StorageClass)
        .events$.pipe(
          mergeMap(({ object }) => [
            ...this.#waiting(ofClass(object.metadata.name)),
            ...this.#waiting(ofClass(undefined)),
          ]),
        ),
    );
  }

  async #bind(claim: ReadonlyClaim, volume: ReadonlyVolume, ctx: Context): Promise<void> {
    this.#volumes.give(volume, claim);
    try {
      await bind(claim, volume, ctx);
    } catch (error) {
      this.#volumes.takeBack(volume);
      throw error;
    }
  }

  get #volumes(): VolumeIndex {
    this.#volumeIndex ??= new VolumeIndex(this.cluster.informers);
    return this.#volumeIndex;
  }

  #concernedByVolume({ object, old, type }: InformerEvent<PersistentVolume>): ObjectKey[] {
    this.#volumes.seen(object, type === 'deleted');
    const named = [object, old].flatMap((volume) => {
      const { name, namespace } = volume?.spec?.claimRef ?? {};
      return name === undefined ? [] : [{ name, namespace }];
    });
    const { phase } = object.status ?? {};
    // A volume that has just become free may be what others wait for.
    const isFreed = phase === 'Available' && old?.status?.phase !== phase;
    const waiting = isFreed ? this.#waiting(ofClass(object.spec?.storageClassName ?? '')) : [];
    return [...named, ...this.#waiting(ofVolume(object.metadata.name)), ...waiting];
  }

  #waiting(value: string): ObjectKey[] {
    const informer: SharedInformer<PersistentVolumeClaim> = this.cluster.informers.informer(PersistentVolumeClaim);
    const found = informer.addIndex(waitingIndex, waitsFor).lister.list({ index: { name: waitingIndex, value } });
    return found.map(({ metadata }) => ({ name: metadata.name ?? '', namespace: metadata.namespace }));
  }
}

/** A claim with a volume depends on that; one without on its class, and an empty class is one, too. */
function waitsFor({ spec }: DeepReadonly<PersistentVolumeClaim>): readonly string[] {
  return [spec?.volumeName ? ofVolume(spec.volumeName) : ofClass(spec?.storageClassName)];
}

/**
 * The volume first, then the claim: a volume that names a claim is taken by nobody else, so whoever is interrupted in between
 * goes on where he was. Each write carries the resourceVersion, so two claims cannot take one volume.
 */
async function bind(claim: ReadonlyClaim, volume: ReadonlyVolume, ctx: Context): Promise<void> {
  const { name, namespace, uid } = claim.metadata;
  const { name: volumeName, resourceVersion } = volume.metadata;
  if (volume.spec?.claimRef?.uid !== uid || volume.spec?.claimRef?.name !== name) {
    const chosen = volume.spec?.claimRef === undefined ? { annotations: { [boundByController]: yes } } : {};
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
    await ctx.patch(PersistentVolume, volume, { metadata: { resourceVersion, ...chosen }, spec: { claimRef } });
  }
  const chosen = claim.spec?.volumeName === volumeName ? {} : { [boundByController]: yes };
  if (claim.spec?.volumeName !== volumeName || annotationOf(claim, bindCompleted) === undefined)
    await patchClaim(claim, { ...chosen, [bindCompleted]: yes }, { volumeName }, ctx);
  const { accessModes = [], capacity = {}, volumeAttributesClassName } = volume.spec ?? {};
  // The capacity of a bound claim is what its file system has, which a resizer tells.
  const isNew = claim.status?.phase !== 'Bound';
  await ctx.status({
    phase: 'Bound',
    accessModes: [...accessModes],
    ...(isNew && { capacity: { ...capacity } }),
    ...(isNew && volumeAttributesClassName && { currentVolumeAttributesClassName: volumeAttributesClassName }),
  });
}

async function requestVolume(claim: ReadonlyClaim, provisioner: string, ctx: Context): Promise<void> {
  const asked = { [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner };
  if (Object.keys(asked).some((name) => annotationOf(claim, name) !== provisioner))
    await patchClaim(claim, asked, {}, ctx);
  ctx.event('Normal', 'ExternalProvisioning', `Waiting for ${provisioner} to make a volume for the claim`);
  await ctx.status({ phase: 'Pending' });
}

function patchClaim(
  claim: ReadonlyClaim,
  annotations: Readonly<Record<string, string>>,
  spec: object,
  ctx: Context,
): Promise<unknown> {
  const { resourceVersion } = claim.metadata;
  return ctx.patch(PersistentVolumeClaim, claim, { metadata: { resourceVersion, annotations }, spec });
}
