/** Where volumes may be: from nodes and classes to a driver's request, and from its answer to a volume's node affinity. */
import type { DeepReadonly } from '@kubewright/api';
import type { Node, VolumeNodeAffinity } from '@kubewright/api/core/v1';
import type { CSINode, StorageClass } from '@kubewright/api/storage/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { liesIn } from '@kubewright/csi-sdk';
import type { Segments } from '@kubewright/csi-sdk';

export interface Places {
  readonly driver: string;
  readonly nodes: readonly DeepReadonly<Node>[];
  readonly csiNodes: readonly DeepReadonly<CSINode>[];
  /** The node that the volume's consumer will run on. Default: not known, any. */
  readonly selectedNode?: string | undefined;
  readonly allowed?: DeepReadonly<StorageClass>['allowedTopologies'];
}

/** Where a volume may be. */
export interface TopologyRequirement {
  requisite: { segments: Record<string, string> }[];
  preferred: { segments: Record<string, string> }[];
}

/**
 * The selected node alone, otherwise what the class allows, otherwise wherever a node of the driver is. Undefined where no
 * node is known that has the driver: then the driver chooses.
 *
 * @throws GrpcStatusError FAILED_PRECONDITION where the driver has not registered on the selected node, or the class does not allow
 * volumes there; as a driver would answer
 */
export function topologyRequirement({
  driver,
  nodes,
  csiNodes,
  selectedNode,
  allowed,
}: Places): TopologyRequirement | undefined {
  const placeOf = (name: string | undefined): Segments | undefined => {
    const keys = csiNodes
      .find(({ metadata }) => metadata.name === name)
      ?.spec.drivers.find((each) => each.name === driver)?.topologyKeys;
    const labels = nodes.find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
    if (keys === undefined || !keys.every((key) => key in labels)) return undefined;
    return Object.fromEntries(keys.map((key) => [key, labels[key] ?? '']));
  };
  const known = (): Segments[] =>
    allowed === undefined
      ? csiNodes.map(({ metadata }) => placeOf(metadata.name)).filter((place) => place !== undefined)
      : allowed.flatMap(({ matchLabelExpressions = [] }) => combinations(matchLabelExpressions));
  const selected = selectedNode === undefined ? undefined : placeOf(selectedNode);
  if (selectedNode !== undefined && selected === undefined) {
    const text = `it is not known where node "${selectedNode}" is: ${driver} has not registered there`;
    throw new GrpcStatusError(Code.FAILED_PRECONDITION, text);
  }
  const inAllowed = selected === undefined || allowed === undefined || known().some((place) => liesIn(selected, place));
  if (!inAllowed) {
    const text = `node "${selectedNode}" is not where the class allows volumes: choose another node`;
    throw new GrpcStatusError(Code.FAILED_PRECONDITION, text);
  }
  const places = distinct(selected === undefined ? known() : [selected]).map((segments) => ({
    segments: { ...segments },
  }));
  return places.length === 0 ? undefined : { requisite: places, preferred: places };
}

/** Every choice of one value per key. */
function combinations(
  expressions: readonly { readonly key: string; readonly values: readonly string[] }[],
): Record<string, string>[] {
  return expressions.reduce<Record<string, string>[]>(
    (chosen, { key, values }) => chosen.flatMap((segments) => values.map((value) => ({ ...segments, [key]: value }))),
    [{}],
  );
}

function distinct(places: readonly Segments[]): Segments[] {
  const text = (place: Segments): string =>
    JSON.stringify(Object.entries(place).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return [...new Map(places.map((place) => [text(place), place])).values()];
}

/** What a volume's places mean for pods; undefined where it is reachable from everywhere. */
export function nodeAffinityOf(topologies: readonly { readonly segments: Segments }[]): VolumeNodeAffinity | undefined {
  const terms = topologies
    .map(({ segments }) => Object.entries(segments))
    .filter((segments) => segments.length > 0)
    .map((segments) => ({
      matchExpressions: segments.map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    }));
  return terms.length === 0 ? undefined : { required: { nodeSelectorTerms: terms } };
}
