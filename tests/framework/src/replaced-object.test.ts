import type { DeepReadonly } from '@kubewright/api';
import { StatusError } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Controller, Reconciler } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { startHarness } from './harness.js';

@Plugin({ name: 'meantime' })
class Meantime {
  readonly outcomes: string[] = [];
  /** What happens between the controller's look at its object and its write. */
  pass: () => Promise<unknown> = () => Promise.resolve();
  write: (map: DeepReadonly<ConfigMap>, ctx: ReconcileContext<ConfigMap>) => Promise<unknown> = () => Promise.resolve();
}

@Controller({ for: ConfigMap, scope: { fieldSelector: 'metadata.name=a' }, name: 'meantime-test' })
class WritingController extends Reconciler<ConfigMap> {
  constructor(@inject(Meantime) private readonly meantime: Meantime) {
    super();
  }

  override async reconcile(map: DeepReadonly<ConfigMap>, ctx: ReconcileContext<ConfigMap>): Promise<void> {
    if (map.data?.['by'] !== 'first') return;
    await this.meantime.pass();
    await this.meantime.write(map, ctx).then(
      () => this.meantime.outcomes.push('done'),
      (error: unknown) => this.meantime.outcomes.push(StatusError.is(error) ? error.reason : String(error)),
    );
  }
}

const made = (by: string) => ({ metadata: { name: 'a', namespace: 'default' }, data: { by } });

describe('an object that takes the place of the one that a controller has seen', () => {
  const patch: Meantime['write'] = (map, ctx) => ctx.patch(ConfigMap, map, { data: { written: 'yes' } });
  const update: Meantime['write'] = (map, ctx) => ctx.update(ConfigMap, { ...map, data: { written: 'yes' } });
  const remove: Meantime['write'] = (map, ctx) => ctx.delete(ConfigMap, map);

  it.each([
    ['ctx.patch', patch, 'Conflict'],
    ['ctx.update', update, 'Conflict'],
    ['ctx.delete', remove, 'done'],
  ])('is left alone by %s', async (_, write, outcome) => {
    const harness = await startHarness(Meantime, WritingController);
    try {
      const { client } = harness;
      const meantime = harness.host.get(Meantime);
      meantime.write = write;
      meantime.pass = async () => {
        await client.delete(ConfigMap, { name: 'a' });
        await client.create(ConfigMap, made('second'));
      };
      await client.create(ConfigMap, made('first'));
      await expect.poll(() => meantime.outcomes).toEqual([outcome]);
      expect((await client.get(ConfigMap, { name: 'a' })).data).toEqual({ by: 'second' });
    } finally {
      await harness[Symbol.asyncDispose]();
    }
  });

  it.each([
    ['ctx.patch', patch, 'NotFound'],
    ['ctx.update', update, 'NotFound'],
    ['ctx.delete', remove, 'done'],
  ])('is not made by %s of one that is gone', async (_, write, outcome) => {
    const harness = await startHarness(Meantime, WritingController);
    try {
      const { client } = harness;
      const meantime = harness.host.get(Meantime);
      meantime.write = write;
      meantime.pass = () => client.delete(ConfigMap, { name: 'a' });
      await client.create(ConfigMap, made('first'));
      await expect.poll(() => meantime.outcomes).toEqual([outcome]);
      expect((await client.list(ConfigMap, { namespace: 'default', fieldSelector: 'metadata.name=a' })).items).toEqual(
        [],
      );
    } finally {
      await harness[Symbol.asyncDispose]();
    }
  });
});
