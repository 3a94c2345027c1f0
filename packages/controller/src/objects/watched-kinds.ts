/** The kinds a controller watches, as informers: what its cache reads may be asked about. */
import type { KubeObject } from '@kubewright/api';
import type { InformerFactory, InformerScope, SharedInformer } from '@kubewright/informer';
import { kindOf } from '../custom-resource/custom-resource.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import { controllerErrors } from '../errors/controller-errors.js';

export class WatchedKinds {
  /** By group and kind, which tell the type of the objects. */
  readonly #informers = new Map<string, object>();

  constructor(
    private readonly controller: string,
    private readonly factory: InformerFactory,
  ) {}

  /** The informer of a kind, from now on one that may be read. */
  watch<T extends KubeObject>(resource: Resource<T>, scope?: InformerScope): SharedInformer<T> {
    const kind = kindOf(resource);
    const informer = scope === undefined ? this.factory.informer(kind) : this.factory.informer(kind, scope);
    this.#informers.set(`${kind.group}/${kind.kind}`, informer);
    return informer;
  }

  /** The informer of a watched kind; undefined for others. */
  find(group: string, kind: string): SharedInformer<KubeObject> | undefined {
    return this.#informers.get(`${group}/${kind}`) as SharedInformer<KubeObject> | undefined;
  }

  /** Throws for a kind that is not watched: its objects would never be there. */
  of<T extends KubeObject>(resource: Resource<T>): SharedInformer<T> {
    const { group, kind } = kindOf(resource);
    const informer = this.#informers.get(`${group}/${kind}`);
    if (informer === undefined) throw controllerErrors.NOT_WATCHED({ controller: this.controller, kind });
    return informer as SharedInformer<T>;
  }

  get all(): readonly SharedInformer<KubeObject>[] {
    return [...this.#informers.values()] as SharedInformer<KubeObject>[];
  }
}
