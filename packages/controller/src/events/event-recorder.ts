/**
 * Records Events (events.k8s.io/v1) about objects. What repeats becomes a series of one Event, so that a failing reconcile
 * does not fill the cluster. Recording never fails and never waits: what cannot be written is logged and dropped.
 */
import { formatMicroTime, isForbidden, isNotFound } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { ObjectReference } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import type { Clock, Logger, Random } from '@kubewright/core';
import type { Client } from '@kubewright/informer';

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase. */
  readonly reason: string;
  /** For people; at most 1 KiB is kept. */
  readonly note: string;
  /** What was tried, in one word. Default: `Reconcile`. */
  readonly action?: string;
  /** A second object that the event is about. */
  readonly related?: DeepReadonly<KubeObject>;
}

export interface EventRecorderOptions {
  readonly client: Client;
  /** `reportingController` of the Events. */
  readonly controller: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
  /** The write under way; the next one waits for it. */
  written: Promise<void>;
  /** Whether a write waits already: it will tell the count of that moment. */
  isCounted: boolean;
}

/** client-go's events recorder ends a series that was quiet for this long. */
const seriesLifetime = 6 * 60_000;
/** client-go's bound on what it remembers of events; the series that is quiet for longest gives way. */
const mostSeries = 4096;
/** Writes under way at once; above it events are dropped, as a reconciler in a storm would otherwise pile them up. */
const mostPending = 100;
const longestNote = 1024;

export class EventRecorder {
  /** The one that was recorded last is the last. */
  readonly #series = new Map<string, Series>();
  #pending = 0;
  /** Events dropped in the present burst, of which the log says one line. */
  #dropped = 0;

  constructor(private readonly options: EventRecorderOptions) {}

  record(regarding: DeepReadonly<KubeObject>, input: EventInput): void {
    const { clock, logger, controller } = this.options;
    if (this.#pending >= mostPending) {
      if (this.#dropped++ === 0) logger.warn('events are dropped: too many are being written', { controller });
      return;
    }
    const now = clock.now();
    this.#dropQuiet(now);
    const id = JSON.stringify([
      regarding.metadata.uid,
      input.type,
      input.reason,
      input.note,
      input.action,
      input.related?.metadata.uid,
    ]);
    const known = this.#series.get(id);
    if (known === undefined) return this.#begin(id, regarding, input, now);
    this.#series.delete(id);
    this.#series.set(id, known);
    this.#repeat(known, now);
  }

  /** Resolves when everything recorded so far was written or given up. */
  async flush(): Promise<void> {
    await Promise.all([...this.#series.values()].map(({ written }) => written));
  }

  #begin(id: string, regarding: DeepReadonly<KubeObject>, input: EventInput, now: number): void {
    const { random, controller, client } = this.options;
    const { name = 'unnamed', namespace = 'default' } = regarding.metadata;
    const series: Series = {
      name: `${name.slice(0, 230)}.${Buffer.from(random.bytes(8)).toString('hex')}`,
      namespace,
      count: 1,
      lastAt: now,
      written: Promise.resolve(),
      isCounted: false,
    };
    const [oldest] = this.#series.keys();
    if (this.#series.size >= mostSeries && oldest !== undefined) this.#series.delete(oldest);
    this.#series.set(id, series);
    const event: Event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: series.name, namespace },
      eventTime: formatMicroTime(now),
      reportingController: controller,
      reportingInstance: controller,
      action: input.action ?? 'Reconcile',
      type: input.type,
      reason: input.reason,
      note: input.note.slice(0, longestNote),
      regarding: referenceTo(regarding),
      ...(input.related && { related: referenceTo(input.related) }),
    };
    series.written = this.#write(async () => void (await client.create(Event, event)), id);
  }

  #repeat(series: Series, now: number): void {
    const { client } = this.options;
    series.count++;
    series.lastAt = now;
    if (series.isCounted) return;
    series.isCounted = true;
    const key = { name: series.name, namespace: series.namespace };
    series.written = series.written.then(() => {
      series.isCounted = false;
      const patch = { series: { count: series.count, lastObservedTime: formatMicroTime(series.lastAt) } };
      return this.#write(async () => void (await client.patch(Event, key, { type: 'merge', patch })));
    });
  }

  async #write(send: () => Promise<void>, id?: string): Promise<void> {
    this.#pending++;
    try {
      await send();
    } catch (error) {
      if (id !== undefined) this.#series.delete(id);
      // A namespace that is going away takes no events any more: nothing is wrong then.
      if (!isForbidden(error) && !isNotFound(error)) this.options.logger.warn('an event was not written', { error });
    } finally {
      this.#pending--;
      if (this.#pending === 0) this.#dropped = 0;
    }
  }

  #dropQuiet(now: number): void {
    for (const [id, { lastAt }] of this.#series) {
      if (now - lastAt <= seriesLifetime) return;
      this.#series.delete(id);
    }
  }
}

function referenceTo(object: DeepReadonly<KubeObject>): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}
