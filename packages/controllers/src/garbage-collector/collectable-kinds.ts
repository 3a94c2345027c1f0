import { apiVersionOf } from '@kubewright/api';
import type { DiscoveredKind } from '@kubewright/informer';

/** Events have owners nowhere and come in floods: nobody watches them for their owners. */
const ignored = new Set(['/events', 'events.k8s.io/events']);

/** What a server serves, for looking kinds up and for choosing those that are watched. */
export class CollectableKinds {
  readonly #byName: ReadonlyMap<string, DiscoveredKind>;
  /** One version of each kind whose objects can be listed, watched and deleted: the server's preferred one. */
  readonly watched: readonly DiscoveredKind[];

  /** @param kinds - every kind in every version, the preferred version of a group first. */
  constructor(kinds: readonly DiscoveredKind[]) {
    this.#byName = new Map(kinds.toReversed().map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]));
    const chosen = new Map<string, DiscoveredKind>();
    for (const kind of kinds) {
      const resource = `${kind.group}/${kind.plural}`;
      const usable = ['list', 'watch', 'delete'].every((verb) => kind.verbs.includes(verb));
      if (usable && !ignored.has(resource) && !chosen.has(resource)) chosen.set(resource, kind);
    }
    this.watched = [...chosen.values()];
  }

  /** The kind that a reference names; undefined where the server does not serve it. */
  find({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): DiscoveredKind | undefined {
    return this.#byName.get(`${apiVersion} ${kind}`);
  }
}
