import {
  apiVersionOf,
  compareResourceVersion,
  formatObjectKey,
  isDeleting,
  objectKey,
  statusErrors,
} from '@kubewright/api';
import type { Kind, KubeObject } from '@kubewright/api';
import { WatchStream } from '@kubewright/informer/testing';

interface LoggedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** The objects of one kind behind a `ScriptedCluster`, and the watches of them. */
export class ScriptedCollection {
  readonly #objects = new Map<string, KubeObject>();
  readonly #log: LoggedEvent[] = [];
  readonly #streams = new Set<WatchStream>();
  #held: LoggedEvent[] | undefined;
  #version = '100';

  constructor(
    readonly kind: Kind,
    private readonly nextVersion: () => string,
  ) {}

  get resource(): { readonly group: string; readonly resource: string } {
    return { group: this.kind.group, resource: this.kind.plural };
  }

  get<T extends KubeObject>(name: string, namespace: string | undefined): T | undefined {
    return this.#objects.get(this.#key(name, namespace)) as T | undefined;
  }

  all<T extends KubeObject>(): T[] {
    return [...this.#objects.values()] as T[];
  }

  put<T extends KubeObject>(object: Omit<T, 'apiVersion' | 'kind'>, newUid: string): T {
    const { name = '' } = object.metadata;
    const place = this.kind.scope === 'Namespaced' && { namespace: object.metadata.namespace ?? 'default' };
    const existing = this.get(name, place === false ? undefined : place.namespace);
    const { apiVersion, kind } = { apiVersion: apiVersionOf(this.kind), kind: this.kind.kind };
    const uid = existing?.metadata.uid ?? object.metadata.uid ?? newUid;
    return this.write({ ...object, apiVersion, kind, metadata: { ...object.metadata, ...place, uid } }, existing) as T;
  }

  remove(name: string, namespace: string): void {
    const existing = this.get(name, namespace);
    if (existing !== undefined) this.#drop(existing);
  }

  /** @throws Conflict where the object is not the one that the metadata names. */
  check(existing: KubeObject, { uid, resourceVersion }: KubeObject['metadata']): void {
    const { name = '' } = existing.metadata;
    if (uid !== undefined && uid !== existing.metadata.uid)
      throw statusErrors.conflict(this.resource, name, `Precondition failed: UID in precondition: ${uid}`);
    if (resourceVersion !== undefined && resourceVersion !== existing.metadata.resourceVersion)
      throw statusErrors.conflict(this.resource, name, 'the object has been modified');
  }

  write(object: KubeObject, existing?: KubeObject): KubeObject {
    const { resourceVersion: _old, ...metadata } = object.metadata;
    const isSame = existing !== undefined && JSON.stringify(object) === JSON.stringify(existing);
    if (isSame) return existing;
    const resourceVersion = (this.#version = this.nextVersion());
    const written = { ...object, metadata: { ...metadata, resourceVersion } };
    if (isDeleting(written) && (metadata.finalizers ?? []).length === 0) return this.#drop(written);
    this.#objects.set(objectKey(written), written);
    this.#publish({ type: existing === undefined ? 'ADDED' : 'MODIFIED', object: written });
    return written;
  }

  markDeleted(existing: KubeObject): KubeObject {
    if ((existing.metadata.finalizers ?? []).length === 0) return this.#drop(existing);
    if (isDeleting(existing)) return existing;
    const metadata = { ...existing.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    return this.write({ ...existing, metadata }, existing);
  }

  list(namespace: string | undefined): object {
    const items = this.all().filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    const kind = `${this.kind.kind}List`;
    return { apiVersion: apiVersionOf(this.kind), kind, metadata: { resourceVersion: this.#version }, items };
  }

  watch(query: URLSearchParams, signal: AbortSignal | undefined): WatchStream {
    const stream = new WatchStream(signal);
    const isWhole = query.get('sendInitialEvents') === 'true';
    if (isWhole) {
      for (const object of this.#shown) stream.write(line('ADDED', object));
      const metadata = {
        resourceVersion: this.#log.at(-1)?.object.metadata.resourceVersion ?? '100',
        annotations: { 'k8s.io/initial-events-end': 'true' },
      };
      stream.write(line('BOOKMARK', { apiVersion: apiVersionOf(this.kind), kind: this.kind.kind, metadata }));
    } else {
      const from = query.get('resourceVersion') ?? '0';
      for (const { type, object } of this.#log)
        if (compareResourceVersion(object.metadata.resourceVersion ?? '', from) > 0) stream.write(line(type, object));
    }
    this.#streams.add(stream);
    return stream;
  }

  hold(): () => void {
    this.#held ??= [];
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const event of held) this.#publish(event);
    };
  }

  endWatches(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  /** What watches have shown. */
  get #shown(): KubeObject[] {
    const shown = new Map<string, KubeObject>();
    for (const { type, object } of this.#log)
      if (type === 'DELETED') shown.delete(objectKey(object));
      else shown.set(objectKey(object), object);
    return [...shown.values()];
  }

  #key(name: string, namespace: string | undefined): string {
    return formatObjectKey(this.kind.scope === 'Namespaced' ? { name, namespace } : { name });
  }

  #drop(existing: KubeObject): KubeObject {
    this.#objects.delete(objectKey(existing));
    const resourceVersion = (this.#version = this.nextVersion());
    const object = { ...existing, metadata: { ...existing.metadata, resourceVersion } };
    this.#publish({ type: 'DELETED', object });
    return object;
  }

  #publish(event: LoggedEvent): void {
    if (this.#held !== undefined) return void this.#held.push(event);
    this.#log.push(event);
    for (const stream of this.#streams) stream.write(line(event.type, event.object));
  }
}

function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}
