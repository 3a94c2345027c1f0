/**
 * What a driver advertises, derived from what it implements: a capability is claimed if and only if its methods are
 * there. Only what no method shows (clones, read-only attachments, writers that share a node) is said by hand, and
 * checked.
 */
import { Controller, ControllerServiceCapability_RPC_Type as Type } from '../generated/csi/v1/csi_pb.js';
import { deriveCapabilities } from './derive.js';
import type { CapabilityRule, FeatureRule } from './derive.js';

/** What a controller can do that its methods do not show. Each defaults to false. */
export interface ControllerFeatures {
  /** `createVolume` takes another volume as its source. */
  readonly cloneVolume?: boolean;
  /** `controllerPublishVolume` heeds `readonly`. */
  readonly publishReadOnly?: boolean;
  /** `listVolumes` says which nodes a volume is published to. */
  readonly listPublishedNodes?: boolean;
  /** Volumes may have several writers on one node, and modes SINGLE_NODE_{SINGLE,MULTI}_WRITER are told apart. */
  readonly singleNodeMultiWriter?: boolean;
  /** `controllerGetVolume`, and `listVolumes` where it is there, say how a volume is. */
  readonly volumeCondition?: boolean;
}

const rules: readonly CapabilityRule<Type>[] = [
  { capability: Type.CREATE_DELETE_VOLUME, methods: ['createVolume', 'deleteVolume'] },
  {
    capability: Type.PUBLISH_UNPUBLISH_VOLUME,
    methods: ['controllerPublishVolume', 'controllerUnpublishVolume'],
  },
  { capability: Type.LIST_VOLUMES, methods: ['listVolumes'] },
  { capability: Type.GET_CAPACITY, methods: ['getCapacity'] },
  { capability: Type.CREATE_DELETE_SNAPSHOT, methods: ['createSnapshot', 'deleteSnapshot'] },
  { capability: Type.LIST_SNAPSHOTS, methods: ['listSnapshots'] },
  { capability: Type.GET_SNAPSHOT, methods: ['getSnapshot'] },
  { capability: Type.EXPAND_VOLUME, methods: ['controllerExpandVolume'] },
  { capability: Type.GET_VOLUME, methods: ['controllerGetVolume'] },
  { capability: Type.MODIFY_VOLUME, methods: ['controllerModifyVolume'] },
];

const features: readonly FeatureRule<Type, keyof ControllerFeatures>[] = [
  { feature: 'cloneVolume', capability: Type.CLONE_VOLUME, needs: 'createVolume' },
  { feature: 'publishReadOnly', capability: Type.PUBLISH_READONLY, needs: 'controllerPublishVolume' },
  { feature: 'listPublishedNodes', capability: Type.LIST_VOLUMES_PUBLISHED_NODES, needs: 'listVolumes' },
  { feature: 'singleNodeMultiWriter', capability: Type.SINGLE_NODE_MULTI_WRITER, needs: 'createVolume' },
  { feature: 'volumeCondition', capability: Type.VOLUME_CONDITION, needs: 'controllerGetVolume' },
];

/** @throws HALF_CAPABILITY, FEATURE_WITHOUT_METHOD */
export function controllerCapabilities(controller: object, claimed: ControllerFeatures): readonly Type[] {
  return deriveCapabilities(Controller, controller, rules, features, claimed);
}
