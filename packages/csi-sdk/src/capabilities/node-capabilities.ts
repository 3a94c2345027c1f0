import { Node, NodeServiceCapability_RPC_Type as Type } from '../generated/csi/v1/csi_pb.js';
import { deriveCapabilities } from './derive.js';
import type { CapabilityRule, FeatureRule } from './derive.js';

/** What a node service can do that its methods do not show. Each defaults to false. */
export interface NodeFeatures {
  /** Modes SINGLE_NODE_{SINGLE,MULTI}_WRITER are told apart when publishing. */
  readonly singleNodeMultiWriter?: boolean;
  /** `volume_mount_group` is applied when the volume is staged or published. */
  readonly volumeMountGroup?: boolean;
  /** `nodeGetVolumeStats` says how the volume is. */
  readonly volumeCondition?: boolean;
}

const rules: readonly CapabilityRule<Type>[] = [
  { capability: Type.STAGE_UNSTAGE_VOLUME, methods: ['nodeStageVolume', 'nodeUnstageVolume'] },
  { capability: Type.GET_VOLUME_STATS, methods: ['nodeGetVolumeStats'] },
  { capability: Type.EXPAND_VOLUME, methods: ['nodeExpandVolume'] },
];

const features: readonly FeatureRule<Type, keyof NodeFeatures>[] = [
  { feature: 'singleNodeMultiWriter', capability: Type.SINGLE_NODE_MULTI_WRITER, needs: 'nodePublishVolume' },
  { feature: 'volumeMountGroup', capability: Type.VOLUME_MOUNT_GROUP, needs: 'nodePublishVolume' },
  { feature: 'volumeCondition', capability: Type.VOLUME_CONDITION, needs: 'nodeGetVolumeStats' },
];

/** @throws HALF_CAPABILITY, FEATURE_WITHOUT_METHOD */
export function nodeCapabilities(node: object, claimed: NodeFeatures): readonly Type[] {
  return deriveCapabilities(Node, node, rules, features, claimed);
}
