/** Watches the demo's objects as an independent client and prints each stage as it is observed. */
import type { Kind, KubeObject } from '@kubewright/api';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod, Service } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import type { Clock } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { kindOf } from 'kubewright';
import { Website } from '../website.js';
import { describeChange } from './describe-change.js';
import type { WriteLog } from './write-log.js';

export interface Output {
  write(text: string): unknown;
  /** Colours are used on a terminal only. */
  readonly isTTY?: boolean;
}

const colours: Readonly<Record<string, string>> = {
  Website: '35',
  Deployment: '34',
  ReplicaSet: '36',
  Pod: '32',
  Service: '33',
  Event: '90',
};

export class LiveView {
  readonly #known = new Map<string, KubeObject>();
  readonly #stop = new AbortController();
  #watches: readonly Promise<void>[] = [];
  #started = 0;

  constructor(
    private readonly client: Client,
    private readonly log: WriteLog,
    private readonly clock: Clock,
    private readonly output: Output,
  ) {}

  start(): void {
    this.#started = this.clock.monotonic();
    const kinds: readonly Kind[] = [kindOf(Website), Deployment, ReplicaSet, Pod, Service, Event];
    this.#watches = kinds.map((kind) => this.#watch(kind));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#watches);
  }

  /** A line that is no observation: what the demo itself does. */
  say(text: string): void {
    this.output.write(`${this.output.isTTY ? `\u001b[1m${text}\u001b[0m` : text}\n`);
  }

  async #watch(kind: Kind): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const { type, object } of this.client.watch(kind, { namespace: 'default', signal })) {
        if (type !== 'BOOKMARK') this.#observe(kind, type, { ...object, kind: kind.kind });
      }
    } catch (error) {
      if (!signal.aborted) this.say(`the watch of ${kind.plural} broke: ${String(error)}`);
    }
  }

  #observe(kind: Kind, type: string, object: KubeObject): void {
    const { name = '', namespace = '', labels } = object.metadata;
    // The cluster has a Service of its own.
    if (kind.kind === 'Service' && labels?.['component'] === 'apiserver') return;
    if (kind.kind === 'Event') {
      if (type === 'ADDED') this.#event(object as Event);
      return;
    }
    const id = `${kind.kind}/${name}`;
    const before = this.#known.get(id);
    if (type === 'DELETED') this.#known.delete(id);
    else this.#known.set(id, object);
    const change = describeChange(type, object, before);
    const writer =
      type === 'DELETED'
        ? this.log.lastRemover(kind.plural, namespace, name)
        : this.log.lastWriter(kind.plural, namespace, name);
    if (change !== undefined) this.#line(kind.kind, name, change, writer ?? 'unknown');
  }

  #event({ reason, note, regarding, reportingController, deprecatedSource }: Event): void {
    const about = `${regarding?.kind ?? ''} ${regarding?.name ?? ''}`;
    this.#line(
      'Event',
      reason ?? '',
      `${about}: ${note ?? ''}`,
      reportingController || (deprecatedSource?.component ?? 'unknown'),
    );
  }

  #line(kind: string, name: string, change: string, by: string): void {
    const elapsed = `${Math.round(this.clock.monotonic() - this.#started)} ms`;
    const colour = this.output.isTTY ? `\u001b[${colours[kind] ?? '0'}m` : '';
    const reset = this.output.isTTY ? '\u001b[0m' : '';
    this.output.write(
      `${elapsed.padStart(9)}  ${colour}${kind.padEnd(10)}${reset}  ${name.padEnd(24)}  ${change}  ${this.output.isTTY ? '\u001b[90m' : ''}[${by}]${reset}\n`,
    );
  }
}
