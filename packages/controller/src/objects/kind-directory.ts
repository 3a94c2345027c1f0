/** Finds the description of a kind by its name: among what the controller watches, otherwise by asking the server, once. */
import type { GroupVersionKind, Kind, KubeObject } from '@kubewright/api';
import { apiVersionOf } from '@kubewright/api';
import { until } from '@kubewright/core/async';
import type { Client, DiscoveredKind } from '@kubewright/informer';
import { controllerErrors } from '../errors/controller-errors.js';
import type { WatchedKinds } from './watched-kinds.js';

export class KindDirectory {
  #discovered: Promise<readonly DiscoveredKind[]> | undefined;

  constructor(
    private readonly client: Client,
    private readonly watched: WatchedKinds,
  ) {}

  /** Rejects for a kind that the server does not serve. */
  async find<T extends KubeObject>(
    version: Pick<GroupVersionKind, 'group' | 'version'>,
    kind: string,
    signal: AbortSignal,
  ): Promise<Kind<T>> {
    const own = this.watched.find(version.group, kind)?.kind;
    if (own !== undefined && own.version === version.version) return own as Kind<T>;
    // The names of a kind tell the type of its objects; the caller has said which it is.
    const matches = (candidate: Kind): candidate is DiscoveredKind & Kind<T> =>
      candidate.group === version.group && candidate.version === version.version && candidate.kind === kind;
    const known = (await this.#discover(signal)).find(matches);
    if (known !== undefined) return known;
    // A kind that came after the first look: one more look before giving up.
    this.#discovered = undefined;
    const fresh = (await this.#discover(signal)).find(matches);
    if (fresh === undefined) throw controllerErrors.KIND_NOT_SERVED({ kind, apiVersion: apiVersionOf(version) });
    return fresh;
  }

  /** One answer is for all who ask meanwhile, so it ends with nobody's signal, and each of them waits no longer than theirs. */
  async #discover(signal: AbortSignal): Promise<readonly DiscoveredKind[]> {
    const discovered = (this.#discovered ??= this.client.discovery.discover());
    discovered.catch(() => {
      if (this.#discovered === discovered) this.#discovered = undefined;
    });
    return await until(() => discovered, signal);
  }
}
