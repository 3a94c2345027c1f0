import { LabelSelector } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { ConfigMap, Node, Secret } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { describe, expect, it } from 'vitest';
import type { ControllerOptions } from '../decorators/controller.js';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';

type Options = Omit<ControllerOptions, 'for' | 'name'>;

/** What a run about the ConfigMap `web/a` finds, in a cluster with some Secrets and Nodes. */
async function ask<R>(
  work: (ctx: ReconcileContext<ConfigMap>) => R | Promise<R>,
  options: Options = { owns: [Secret], reads: [Node] },
) {
  const cluster = new ScriptedCluster(ConfigMap, Secret, Node, Event);
  const owner = cluster.put(ConfigMap, { metadata: { name: 'a', namespace: 'web' } });
  const controlled = (uid = owner.metadata.uid ?? ''): KubeObject['metadata']['ownerReferences'] => [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid, controller: true },
  ];
  for (const [name, namespace, ownerReferences] of [
    ['mine', 'web', controlled()],
    ['of-one-before', 'web', controlled('an earlier uid')],
    ['nobodys', 'web', []],
    ['elsewhere', 'other', []],
  ] as const)
    cluster.put(Secret, {
      metadata: { name, namespace, ownerReferences: [...(ownerReferences ?? [])], labels: { name } },
    });
  cluster.put(Node, { metadata: { name: 'n' } });
  let answer: R | undefined;
  const Asking = reconcilerOf<ConfigMap>({ for: ConfigMap, ...options }, async (_object, ctx) => {
    answer ??= await work(ctx);
  });
  const controller = await startController(cluster, new Asking());
  await controller.runner.stop();
  return { answer, cluster, errors: controller.errors };
}

const names = (objects: readonly { readonly metadata: { readonly name?: string } }[]): string[] =>
  objects.map(({ metadata }) => metadata.name ?? '').toSorted();

describe('reads of a run', () => {
  it('list what is in the namespace of the object, unless told otherwise', async () => {
    const { answer } = await ask((ctx) => [
      names(ctx.list(Secret)),
      names(ctx.list(Secret, { namespace: 'other' })),
      names(ctx.list(Secret, { labelSelector: LabelSelector.parse('name=mine') })),
      names(ctx.list(Node)),
    ]);
    expect(answer).toEqual([['mine', 'nobodys', 'of-one-before'], ['elsewhere'], ['mine'], ['n']]);
  });

  it('get what is in the namespace of the object, unless told otherwise', async () => {
    const { answer } = await ask((ctx) => [
      ctx.get(Secret, { name: 'mine' })?.metadata.name,
      ctx.get(Secret, { name: 'elsewhere' }),
      ctx.get(Secret, { name: 'elsewhere', namespace: 'other' })?.metadata.name,
      ctx.get(Node, { name: 'n', namespace: 'web' })?.metadata.name,
    ]);
    expect(answer).toEqual(['mine', undefined, 'elsewhere', 'n']);
  });

  it('know children by the uid of their controller, not by its name', async () => {
    const { answer } = await ask((ctx) => names(ctx.children(Secret)));
    expect(answer).toEqual(['mine']);
  });

  it('know children of a kind that is only read', async () => {
    const { answer } = await ask((ctx) => names(ctx.children(Secret)), { reads: [Secret] });
    expect(answer).toEqual(['mine']);
  });

  it('of a kind that is not watched are an error that says what to do, not an empty answer', async () => {
    const { errors } = await ask((ctx) => ctx.list(Secret), {});
    expect(errors).toEqual(['KW_CONTROLLER_NOT_WATCHED']);
  });

  it('send nothing', async () => {
    const { cluster } = await ask((ctx) => [ctx.list(Secret), ctx.children(Secret), ctx.get(Secret, { name: 'mine' })]);
    expect(cluster.requests).toEqual([]);
  });
});

describe('what a run tells', () => {
  it('is an Event about its object', async () => {
    const { cluster } = await ask((ctx) => ctx.event('Warning', 'Odd', 'it is odd'));
    expect(cluster.all<Event>(Event)).toMatchObject([
      {
        metadata: { namespace: 'web' },
        reportingController: 'tested',
        type: 'Warning',
        reason: 'Odd',
        note: 'it is odd',
        regarding: { kind: 'ConfigMap', name: 'a', namespace: 'web' },
      },
    ]);
  });

  it('is written out before the controller has stopped, and holds up no run where it cannot be', async () => {
    const { cluster, errors } = await ask((ctx) => {
      ctx.event('Normal', 'Done', 'it is done');
      return ctx.create(Secret, { metadata: { name: 'made', namespace: 'web' } });
    });
    expect(cluster.get(Secret, 'made', 'web')).toBeDefined();
    expect([cluster.all(Event).length, errors]).toEqual([1, []]);
  });
});
