/**
 * Looks at what a server sends before it gets into a store, where its key decides whose it is. What is refused is counted, and
 * the collection is listed again; the picture stays as it was.
 *
 * Real servers leave out the kind of items in lists, send versions that cannot be compared, and some aggregated APIs
 * (metrics.k8s.io) give their objects neither uid nor resourceVersion; a transport may ask for metadata alone, which comes as
 * PartialObjectMetadata: none of that is refused. Bookmarks and errors are
 * no objects of the collection and do not come here.
 */
import { apiVersionOf, compareResourceVersion, formatObjectKey, isResourceVersion } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import { informerErrors } from '../errors/informer-errors.js';

export interface ObjectGuardOptions<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** The namespace that was asked for; undefined: all. */
  readonly namespace: string | undefined;
  /** What the store holds under a key. */
  readonly known: (key: string) => DeepReadonly<T> | undefined;
  readonly onRefused: () => void;
}

export class ObjectGuard<T extends KubeObject> {
  readonly #options: ObjectGuardOptions<T>;
  /** Whether no object of the collection has a uid: then a list without one showed it. */
  #isWithoutUids = false;

  constructor(options: ObjectGuardOptions<T>) {
    this.#options = options;
  }

  /**
   * Checks a whole list.
   *
   * @param mayBeOlder - the newest state was asked for: what is older than the store then is so because the server went back,
   * as after a restored backup, and the store has to follow.
   * @throws OBJECT_REFUSED
   */
  list(objects: readonly DeepReadonly<T>[], mayBeOlder: boolean): void {
    this.#isWithoutUids = objects.length > 0 && objects.every(({ metadata }) => !metadata.uid);
    const keys = new Set<string>();
    for (const object of objects) {
      this.object(object);
      const key = formatObjectKey(object.metadata);
      if (keys.has(key)) this.#refuse(object, 'it is in one list twice');
      keys.add(key);
      if (!mayBeOlder && isOlderSelf(object, this.known(key))) this.refuseOlder(object);
    }
  }

  /** Checks what an object says of itself. @throws OBJECT_REFUSED */
  object(object: DeepReadonly<T>): void {
    const { kind, namespace: asked } = this.#options;
    const apiVersion = apiVersionOf(kind);
    const said: { readonly kind?: string; readonly apiVersion?: string } = object;
    const { kind: saidKind = kind.kind, apiVersion: saidVersion = apiVersion } = said;
    const isPartial = saidKind === 'PartialObjectMetadata' && saidVersion === 'meta.k8s.io/v1';
    if (!isPartial && (saidKind !== kind.kind || saidVersion !== apiVersion))
      this.#refuse(object, `it is a ${saidVersion} ${saidKind}`);
    const { name, namespace, uid, resourceVersion }: Partial<Record<string, unknown>> = object.metadata;
    if (!isSegment(name)) this.#refuse(object, 'it has no name, or one that cannot be');
    if (namespace !== undefined && namespace !== '' && !isSegment(namespace))
      this.#refuse(object, 'its namespace cannot be one');
    if (asked !== undefined && namespace !== asked) this.#refuse(object, `it is not in the namespace ${asked}`);
    if (uid === undefined || uid === '' ? !this.#isWithoutUids : typeof uid !== 'string')
      this.#refuse(object, 'it has no uid');
    if (resourceVersion !== undefined && typeof resourceVersion !== 'string')
      this.#refuse(object, 'its resourceVersion is not a string');
  }

  /** What the store holds under a key. */
  known(key: string): DeepReadonly<T> | undefined {
    return this.#options.known(key);
  }

  /** @throws OBJECT_REFUSED */
  refuseOlder(object: DeepReadonly<T>): never {
    return this.#refuse(object, 'it is older than what was there before');
  }

  #refuse({ metadata }: DeepReadonly<T>, problem: string): never {
    this.#options.onRefused();
    const object = formatObjectKey({ name: printable(metadata.name), namespace: printable(metadata.namespace) });
    throw informerErrors.OBJECT_REFUSED({ plural: this.#options.kind.plural, object, problem });
  }
}

/** Whether an object's version is lower than that of another. Versions that cannot be compared tell nothing. */
export function isOlder(object: DeepReadonly<KubeObject>, than: DeepReadonly<KubeObject> | undefined): boolean {
  const [now = '', before = ''] = [object.metadata.resourceVersion, than?.metadata.resourceVersion];
  return isResourceVersion(now) && isResourceVersion(before) && compareResourceVersion(now, before) < 0;
}

/** Whether it is an older state of the very same object. */
export function isOlderSelf(object: DeepReadonly<KubeObject>, than: DeepReadonly<KubeObject> | undefined): boolean {
  return than?.metadata.uid === object.metadata.uid && isOlder(object, than);
}

/** What may stand between two slashes of a path, and therefore in a key. */
function isSegment(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value !== '.' && value !== '..' && !/[/%]/.test(value);
}

function printable(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 253) : '';
}
