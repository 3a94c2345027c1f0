/**
 * Writes the status of one reconciled object, several times in a run if need be. Of what stands there only the named fields
 * and condition types are the controller's: they go over the newest state and under its resourceVersion, so that nothing
 * another writer has set meanwhile is lost, whatever kind of list the conditions are.
 */
import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { Client } from '@kubewright/informer';
import { keyOf, liveUidOf, patchOf, patchSame } from '../objects/same-object.js';
import type { ConditionInput } from './condition.js';
import { nextStatus } from './next-status.js';

export interface StatusWriterOptions<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  /** The object that is reconciled: what the controller has seen, and the generation it reports on. */
  readonly object: DeepReadonly<T>;
  readonly signal: AbortSignal;
  /** Called with each answer. */
  readonly written: (object: T) => void;
}

/** How often a status that others change at the same time is merged anew. */
const attempts = 5;

export class StatusWriter<T extends KubeObject> {
  /** The newest state that is known. */
  #newest: DeepReadonly<T>;

  constructor(private readonly options: StatusWriterOptions<T>) {
    this.#newest = options.object;
  }

  /**
   * @param now - milliseconds since the epoch.
   * An object that went meanwhile needs no status: that is no error.
   *
   * @throws Conflict where somebody else has changed one of the fields since they were seen, NotFound where the kind has no
   * status of its own.
   */
  async write(fields: object, conditions: readonly ConditionInput[], now: number): Promise<void> {
    const { client, kind, object, signal, written } = this.options;
    const { generation } = object.metadata;
    for (let left = attempts; ; left--) {
      const base = this.#newest;
      const status = nextStatus(base, fields, conditions, now, generation);
      if (status === undefined) return;
      const { resourceVersion } = base.metadata;
      const patch = patchOf(object, { metadata: { resourceVersion }, status });
      try {
        const answer = await patchSame(client, kind, object, signal, () =>
          client.status<T>(kind).patch(keyOf(object), patch, { signal }),
        );
        this.#newest = answer as DeepReadonly<T>;
        return written(answer);
      } catch (error) {
        if (isNotFound(error) && (await liveUidOf(client, kind, object, signal)) !== object.metadata.uid) return;
        if (!isConflict(error) || left <= 1) throw error;
        const live = (await client.get(kind, keyOf(object), { signal })) as DeepReadonly<T>;
        const own = Object.keys(status).filter((field) => field !== 'conditions' || 'conditions' in fields);
        if (live.metadata.uid !== object.metadata.uid || !own.every((field) => isSame(base, live, field))) throw error;
        this.#newest = live;
      }
    }
  }
}

function isSame(seen: DeepReadonly<KubeObject>, live: DeepReadonly<KubeObject>, field: string): boolean {
  return isDeepStrictEqual(statusOf(seen)[field], statusOf(live)[field]);
}

function statusOf(object: DeepReadonly<KubeObject>): Readonly<Record<string, unknown>> {
  return (object as { readonly status?: Readonly<Record<string, unknown>> }).status ?? {};
}
