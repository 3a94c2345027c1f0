import type { KubeObject } from '@kubewright/api';
import { Plugin, inject, token } from '@kubewright/core';
import type { Lifecycle, StartContext, Token } from '@kubewright/core';
import { until } from '@kubewright/core/async';
import { kubernetesServiceAddress } from '../allocation/service-allocator.js';
import { bootstrapObjects } from '../bootstrap/bootstrap-objects.js';
import { ResourceRegistry } from '../registry/resource-registry.js';
import { ObjectStore } from '../store/object-store.js';
import { createMissing } from './create-missing.js';

export interface BootstrapOptions {
  /** What must exist before anybody is served; undefined for what every cluster has. */
  readonly objects: readonly KubeObject[] | undefined;
}

export const BootstrapOptions: Token<BootstrapOptions> = token('@kubewright/apiserver/BootstrapOptions');

/** Creates what must exist; what exists already stays as it is. */
@Plugin({ name: 'bootstrap-objects' })
export class Bootstrap implements Lifecycle {
  constructor(
    @inject(BootstrapOptions) private readonly options: BootstrapOptions,
    @inject(ResourceRegistry) private readonly registry: ResourceRegistry,
    @inject(ObjectStore) private readonly store: ObjectStore,
  ) {}

  async start({ signal }: StartContext): Promise<void> {
    const objects = this.options.objects ?? bootstrapObjects({ serviceAddress: kubernetesServiceAddress });
    await until(() => createMissing(this.registry, this.store, objects), signal);
  }
}
