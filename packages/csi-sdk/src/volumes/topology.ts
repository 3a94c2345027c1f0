/** Where volumes can be reached from: sets of segments such as zone and rack, or the node itself. */
import type { TopologyRequirement } from '../generated/csi/v1/csi_pb.js';

export type Segments = Readonly<Record<string, string>>;

/** Whether a place lies in a topology: it has all of its segments. An empty topology is everywhere. */
export function liesIn(place: Segments, topology: Segments): boolean {
  return Object.entries(topology).every(([key, value]) => place[key] === value);
}

/**
 * The places among `places` that a request accepts, the preferred ones first in its own order. Without a requirement
 * all of them; an empty result is RESOURCE_EXHAUSTED to the caller.
 */
export function acceptedPlaces<P extends Segments>(
  requirement: TopologyRequirement | undefined,
  places: readonly P[],
): readonly P[] {
  const { requisite = [], preferred = [] } = requirement ?? {};
  const allowed =
    requisite.length === 0
      ? places
      : places.filter((place) => requisite.some(({ segments }) => liesIn(place, segments)));
  const wished = preferred.flatMap(({ segments }) => allowed.filter((place) => liesIn(place, segments)));
  return [...new Set([...wished, ...allowed])];
}
