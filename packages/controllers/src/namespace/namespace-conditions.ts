/** What a namespace says about its deletion: pure, given what was found in it. */
import { condition } from '@kubewright/controller';
import type { ConditionInput } from '@kubewright/controller';

/** What is left of one kind in a namespace after its deletion was asked for. */
export interface RemainingContent {
  /** As `pods` or `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
  /** How many of them each finalizer holds. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** Seconds until they should be gone; undefined where nothing tells. */
  readonly seconds: number | undefined;
}

export interface ContentFailure {
  readonly resource: string;
  readonly message: string;
}

/** @param failures - kinds whose objects could not be listed or deleted. */
export function contentConditions(
  remaining: readonly RemainingContent[],
  failures: readonly ContentFailure[],
): ConditionInput[] {
  const finalizers = new Map<string, number>();
  for (const content of remaining)
    for (const [name, count] of content.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  return [
    condition('NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All kinds are known'),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All group versions are well-formed',
    ),
    failures.length > 0
      ? condition(
          'NamespaceDeletionContentFailure',
          true,
          'ContentDeletionFailed',
          list(
            failures.map(({ resource, message }) => `${resource}: ${message}`),
            '; ',
          ),
        )
      : condition(
          'NamespaceDeletionContentFailure',
          false,
          'ContentDeleted',
          'The deletion of all content was accepted',
        ),
    remaining.length > 0
      ? condition(
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Still there: ${list(remaining.map(({ resource, count }) => `${resource} (${count})`))}`,
        )
      : condition('NamespaceContentRemaining', false, 'ContentRemoved', 'All content is gone'),
    finalizers.size > 0
      ? condition(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Held by finalizers: ${list([...finalizers].map(([name, count]) => `${name} (${count})`))}`,
        )
      : condition('NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'No finalizer holds content'),
  ];
}

/** The kinds could not be asked for, so what is in the namespace is not known. */
export function discoveryFailure(message: string): ConditionInput {
  return condition('NamespaceDeletionDiscoveryFailure', true, 'DiscoveryFailed', message);
}

/** kube-controller-manager waits half of what the slowest should take, and a second. */
export function requeueDelay(remaining: readonly RemainingContent[]): number {
  const seconds = Math.max(0, ...remaining.map((content) => content.seconds ?? 0));
  return (seconds / 2 + 1) * 1000;
}

/** In order, so that the same state gives the same text. */
function list(texts: readonly string[], separator = ', '): string {
  return texts.toSorted().join(separator);
}
