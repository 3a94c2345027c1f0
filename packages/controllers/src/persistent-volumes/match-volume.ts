import { LabelSelector, Quantity, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Node, NodeSelectorRequirement } from '@kubewright/api/core/v1';
import { isClaimedBy } from './annotations.js';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';
import { compareIntegers, int64Of } from '../integers/integer-text.js';

type ReadonlyNode = DeepReadonly<Node>;
type ReadonlyRequirement = DeepReadonly<NodeSelectorRequirement>;

export interface MatchOptions {
  /** The node that the claim's consumer runs on. Default: none, and then every node will do. */
  readonly node?: ReadonlyNode | undefined;
  /** Takes only a volume that names the claim, since nobody knows yet where its consumer runs. Default: false. */
  readonly onlyPrebound?: boolean;
}

/** The volume to bind a claim to: the one that names it, otherwise the smallest free one that has all that it asks for. */
export function matchVolume(
  claim: ReadonlyClaim,
  volumes: readonly ReadonlyVolume[],
  { node, onlyPrebound = false }: MatchOptions = {},
): ReadonlyVolume | undefined {
  const serves = (volume: ReadonlyVolume): boolean => mismatchOf(volume, claim) === undefined;
  const prebound = volumes.find((volume) => isClaimedBy(volume, claim) && serves(volume));
  if (prebound !== undefined || onlyPrebound) return prebound;
  const selector = claim.spec?.selector === undefined ? undefined : LabelSelector.from(claim.spec.selector);
  let best: ReadonlyVolume | undefined;
  for (const volume of volumes) {
    // Asked first, as a class may have thousands of one size.
    if (best !== undefined && !isSmaller(volume, best)) continue;
    const isFree = volume.spec?.claimRef === undefined && volume.status?.phase === 'Available';
    const isWanted = selector === undefined || selector.matches(volume.metadata.labels);
    if (isFree && isWanted && serves(volume) && (node === undefined || isReachable(volume, node))) best = volume;
  }
  return best;
}

/** Why a volume cannot serve a claim, or undefined where it can. What only chooses among volumes is not looked at. */
export function mismatchOf(volume: ReadonlyVolume, claim: ReadonlyClaim): string | undefined {
  // Once it were bound, its protection would hold it, and who deleted it would wait for this claim's end.
  if (isDeleting(volume)) return 'it is being deleted';
  const { spec } = volume;
  const { accessModes = [], resources, storageClassName, volumeMode, volumeAttributesClassName } = claim.spec ?? {};
  const requested = resources?.requests?.['storage'];
  if (requested !== undefined && sizeOf(spec).compare(Quantity.parse(requested)) < 0)
    return 'requested PV is too small';
  if ((spec?.storageClassName ?? '') !== (storageClassName ?? '')) return 'storageClassName does not match';
  if ((spec?.volumeMode ?? 'Filesystem') !== (volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  if (!accessModes.every((mode) => spec?.accessModes?.includes(mode))) return 'incompatible accessMode';
  if ((spec?.volumeAttributesClassName ?? '') !== (volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match';
  return undefined;
}

/** Whether a volume can be used on a node: one of its terms is fulfilled, or it has none. */
export function isReachable({ spec }: ReadonlyVolume, node: ReadonlyNode): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return true;
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return terms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((each) => isFulfilled(each, node.metadata.labels ?? {})) &&
      matchFields.every((each) => isFulfilled(each, fields)),
  );
}

function isFulfilled(
  { key, operator, values = [] }: ReadonlyRequirement,
  given: Readonly<Record<string, string>>,
): boolean {
  const value = given[key];
  const [bound = ''] = values;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return order(value, bound) === 1;
    case 'Lt':
      return order(value, bound) === -1;
    default:
      return false;
  }
}

/** Of two integers; undefined where either is none, and then nothing is fulfilled. */
function order(value: string | undefined, bound: string): number | undefined {
  const [a, b] = [int64Of(value), int64Of(bound)];
  return a === undefined || b === undefined ? undefined : compareIntegers(a, b);
}

function isSmaller(a: ReadonlyVolume, b: ReadonlyVolume): boolean {
  return sizeOf(a.spec).compare(sizeOf(b.spec)) < 0;
}

/** A class may have thousands of free volumes, and each claim is compared with all of them. */
const sizes = new WeakMap<object, Quantity>();

function sizeOf(spec: ReadonlyVolume['spec']): Quantity {
  const size = spec?.capacity?.['storage'];
  if (spec === undefined || size === undefined) return Quantity.zero;
  const known = sizes.get(spec) ?? Quantity.parse(size);
  sizes.set(spec, known);
  return known;
}
