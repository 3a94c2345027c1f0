/** The content of a namespace: which kinds there may be, deleting all of one kind, and what is left of it. */
import { isMethodNotSupported, isNotFound } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { Client, DiscoveredKind } from '@kubewright/informer';
import type { RemainingContent } from './namespace-conditions.js';

/** kube-controller-manager gives what a finalizer holds this long. */
const finalizerSeconds = 15;

/** The kinds whose objects live in namespaces and can be deleted, each in the server's preferred version; pods first. */
export function deletableKinds(kinds: readonly DiscoveredKind[]): DiscoveredKind[] {
  const chosen = new Map<string, DiscoveredKind>();
  for (const kind of kinds) {
    const usable = kind.scope === 'Namespaced' && kind.verbs.includes('delete') && kind.verbs.includes('list');
    const resource = resourceOf(kind);
    if (usable && !chosen.has(resource)) chosen.set(resource, kind);
  }
  return [...chosen.values()].toSorted((a, b) => Number(isPods(b)) - Number(isPods(a)));
}

export function isPods({ group, plural }: DiscoveredKind): boolean {
  return group === '' && plural === 'pods';
}

export function resourceOf({ group, plural }: DiscoveredKind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export class NamespaceContent {
  /**
   * @param client - for deletions.
   * @param metadata - reads the metadata of objects alone.
   */
  constructor(
    private readonly client: Client,
    private readonly metadata: Client,
    private readonly namespace: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Asks for the deletion of everything of one kind; what is left, or undefined where nothing is. */
  async delete(kind: DiscoveredKind): Promise<RemainingContent | undefined> {
    const present = await this.#list(kind);
    if (present.length === 0) return undefined;
    await this.#deleteAll(kind, present);
    const left = await this.#list(kind);
    return left.length === 0 ? undefined : remainingContent(kind, left);
  }

  async #list(kind: DiscoveredKind): Promise<KubeObject[]> {
    const { namespace, signal } = this;
    const objects: KubeObject[] = [];
    try {
      for await (const object of this.metadata.listAll(kind, { namespace, signal })) objects.push(object);
      return objects;
    } catch (error) {
      // The kind went between being discovered and being listed, and its objects with it.
      if (isNotFound(error) || isMethodNotSupported(error)) return [];
      throw error;
    }
  }

  async #deleteAll(kind: DiscoveredKind, present: readonly KubeObject[]): Promise<void> {
    const { client, namespace, signal } = this;
    if (kind.verbs.includes('deletecollection')) {
      await client.deleteCollection(kind, { namespace, signal, propagationPolicy: 'Background' });
      return;
    }
    for (const { metadata } of present) {
      const key = { name: metadata.name ?? '', namespace };
      const preconditions = metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } };
      try {
        await client.delete(kind, key, { propagationPolicy: 'Background', signal, ...preconditions });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
}

/** What is left of a kind: of pods the longest grace period counts, of the others whether a finalizer holds one. */
export function remainingContent(kind: DiscoveredKind, left: readonly KubeObject[]): RemainingContent {
  const finalizers = new Map<string, number>();
  let seconds: number | undefined;
  for (const { metadata } of left) {
    for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
    const wait = isPods(kind)
      ? (metadata.deletionGracePeriodSeconds ?? 0)
      : (metadata.finalizers?.length ?? 0) > 0
        ? finalizerSeconds
        : undefined;
    if (wait !== undefined) seconds = Math.max(seconds ?? 0, wait);
  }
  return { resource: resourceOf(kind), count: left.length, finalizers, seconds };
}
