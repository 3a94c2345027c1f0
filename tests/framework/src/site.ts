import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import {
  Controller,
  CustomObject,
  CustomResource,
  Finalizer,
  Reconciler,
  TerminalError,
  Watches,
  WatchesKind,
  condition,
} from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { Subject } from 'rxjs';

export class SiteSpec {
  @IsInt() @Min(0) @Max(9) replicas = 1;
  @IsOptional() @IsString() fail?: string;
}

export class SiteStatus {
  @IsInt() copies = 0;
}

@CustomResource({ group: 'test.example.com', version: 'v1', kind: 'Site', spec: SiteSpec, status: SiteStatus })
export class Site extends CustomObject<SiteSpec, SiteStatus> {}

/** What happened outside the cluster, for a test to look at. */
@Plugin({ name: 'outside' })
export class Outside {
  readonly released: string[] = [];
  readonly reconciled: string[] = [];
  readonly changes$ = new Subject<string>();
}

/** One ConfigMap per replica, and a finalizer. */
@Controller({ for: Site, owns: [ConfigMap] })
@Watches(
  (controller: SiteController) => controller.outside.changes$,
  (name: string) => [{ name, namespace: 'default' }],
)
@WatchesKind(ConfigMap, ({ metadata }) =>
  metadata.labels?.['concerns'] === undefined
    ? []
    : [{ name: metadata.labels['concerns'], namespace: metadata.namespace }],
)
export class SiteController extends Reconciler<Site> {
  constructor(@inject(Outside) readonly outside: Outside) {
    super();
  }

  override async reconcile(site: DeepReadonly<Site>, ctx: ReconcileContext<Site>): Promise<void> {
    const { name = '', namespace = '' } = site.metadata;
    this.outside.reconciled.push(name);
    if (site.spec.fail === 'terminal') throw new TerminalError('this cannot work');
    const wanted = Array.from({ length: site.spec.replicas }, (_, index) => `${name}-${index}`);
    for (const child of wanted) {
      await ctx.apply<ConfigMap>(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: child, namespace }, data: { site: name } },
        { force: true },
      );
    }
    for (const child of ctx.children(ConfigMap))
      if (!wanted.includes(child.metadata.name ?? '')) await ctx.delete(ConfigMap, child);
    await ctx.status({ copies: wanted.length }, condition('Ready', true, 'Copied'));
    ctx.event('Normal', 'Copied', `made ${wanted.length} copies`);
  }

  @Finalizer('test.example.com/outside')
  release(site: DeepReadonly<Site>): Promise<void> {
    this.outside.released.push(site.metadata.name ?? '');
    return Promise.resolve();
  }
}
