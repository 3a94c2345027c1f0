import { createHash } from 'node:crypto';
import { Quantity } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { Node } from '@kubewright/api/core/v1';
import { CSINode, CSIStorageCapacity, StorageClass } from '@kubewright/api/storage/v1';
import { Cluster, Controller, Reconciler, Watches, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import { mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import type { Segments } from '@kubewright/csi-sdk';
import { DriverConnection } from '../driver/driver-connection.js';
import { driverParameters } from '../driver/parameters.js';
import { topologyRequirement } from './volume-topology.js';

type Context = ReconcileContext<StorageClass>;

/** Objects about capacity say nothing of anybody's namespace; they live with the other parts of the cluster. */
export const capacityNamespace = 'kube-system';
/** How old what is published may become, in milliseconds; after Kubernetes' own provisioner. */
const refreshPeriod = 60_000;

/**
 * Publishes how much room the driver has at each place, so that a scheduler sends no pod where its volume cannot be. Only for
 * classes that wait for the first consumer: for others the driver chooses the place.
 */
@Controller({ for: StorageClass, owns: [CSIStorageCapacity], reads: [Node, CSINode], name: 'csi-capacity' })
@Watches((publisher: CapacityPublisher) => publisher.classes$, (key: ObjectKey) => [key])
export class CapacityPublisher extends Reconciler<StorageClass> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Cluster) private readonly cluster: Cluster,
  ) {
    super();
  }

  /** All classes, whenever a driver comes to a node or leaves it: kubelets write down where the node is before that. */
  get classes$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    return informers.informer(CSINode).events$.pipe(
      mergeMap(() => informers.informer(StorageClass).lister.list()),
      mergeMap(({ metadata }) => [{ name: metadata.name ?? '' }]),
    );
  }

  override async reconcile(storageClass: DeepReadonly<StorageClass>, ctx: Context): Promise<Outcome> {
    const { name, topology, controller } = await this.driver.info(ctx.signal);
    if (storageClass.provisioner !== name || !topology || !controller.has(Rpc.GET_CAPACITY)) return undefined;
    if (storageClass.volumeBindingMode !== 'WaitForFirstConsumer') return undefined;
    const places = topologyRequirement({
      driver: name,
      nodes: ctx.list(Node),
      csiNodes: ctx.list(CSINode),
      allowed: storageClass.allowedTopologies,
    });
    const published = new Set<string>();
    for (const { segments } of places?.requisite ?? []) published.add(await this.#publish(storageClass, segments, ctx));
    for (const old of ctx.children(CSIStorageCapacity))
      if (!published.has(old.metadata.name ?? '')) await ctx.delete(CSIStorageCapacity, old);
    return requeueAfter(refreshPeriod);
  }

  /** @returns the name of the object. */
  async #publish(storageClass: DeepReadonly<StorageClass>, segments: Segments, ctx: Context): Promise<string> {
    const parameters = driverParameters(storageClass.parameters);
    const request = { parameters, accessibleTopology: { segments: { ...segments } } };
    const answer = await this.driver.client.controller.getCapacity(request, { signal: ctx.signal });
    const { availableCapacity, maximumVolumeSize } = answer;
    const storageClassName = storageClass.metadata.name ?? '';
    // Class and place cannot be changed, so they are what the name is made of; nodes list their keys in any order.
    const place = Object.entries(segments).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const identity = JSON.stringify([storageClassName, place]);
    const name = `csisc-${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
    await ctx.apply<CSIStorageCapacity>({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIStorageCapacity',
      metadata: { name, namespace: capacityNamespace },
      storageClassName,
      nodeTopology: { matchLabels: { ...segments } },
      capacity: textOf(availableCapacity),
      ...(maximumVolumeSize !== undefined && { maximumVolumeSize: textOf(maximumVolumeSize) }),
    });
    return name;
  }
}

function textOf(bytes: bigint): string {
  return Quantity.of(bytes, 'BinarySI').toString();
}
