/** What a driver answers is a peer's text: a volume that is not what was asked for is not given to a claim. */
import type { Volume } from '@kubewright/csi-sdk/v1';
import { capacityFits, csiSizes } from '@kubewright/csi-sdk';
import type { Segments } from '@kubewright/csi-sdk';
import type { TopologyRequirement } from './volume-topology.js';

/** What CSI allows of ids and of maps, in bytes. More would not fit into objects of the cluster. */
const { name: longestId, map: largestMap } = csiSizes;

export interface AskedVolume {
  readonly capacity: { readonly requiredBytes: bigint; readonly limitBytes: bigint };
  /** Undefined where the driver chooses the place. */
  readonly requirement: TopologyRequirement | undefined;
  readonly hasSource: boolean;
}

/** What is wrong with an answer; undefined where nothing is. Pure. @param asked - what the driver was asked for */
export function wrongOf(volume: Volume, { capacity, requirement, hasSource }: AskedVolume): string | undefined {
  const { volumeId, capacityBytes, accessibleTopology, contentSource } = volume;
  if (Buffer.byteLength(volumeId) > longestId) return `its id is longer than ${longestId} bytes`;
  const context = Object.entries(volume.volumeContext).flat().join('');
  if (Buffer.byteLength(context) > largestMap) return `its context is larger than ${largestMap} bytes`;
  // 0 is what a driver says that does not know.
  if (capacityBytes !== 0n && !capacityFits(capacity, capacityBytes)) {
    const limit = capacity.limitBytes === 0n ? '' : ` and at most ${capacity.limitBytes}`;
    return `it has ${capacityBytes} bytes, and ${capacity.requiredBytes}${limit} were asked for`;
  }
  if (hasSource && contentSource === undefined) return 'it does not say that it holds the data of its source';
  const places = requirement?.requisite ?? [];
  const isReachable = accessibleTopology.some(({ segments }) =>
    places.some((place) => agree(place.segments, segments)),
  );
  if (places.length > 0 && accessibleTopology.length > 0 && !isReachable)
    return `it can be reached from ${JSON.stringify(accessibleTopology.map(({ segments }) => segments))} only`;
  return undefined;
}

function agree(one: Segments, other: Segments): boolean {
  return Object.entries(one).every(([key, value]) => (other[key] ?? value) === value);
}
