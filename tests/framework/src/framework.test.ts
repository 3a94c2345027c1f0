import { ConfigMap } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { Controller, CustomObject, CustomResource, Reconciler, kindOf } from '@kubewright/controller';
import { Readiness } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { startHarness } from './harness.js';
import type { Harness } from './harness.js';
import { Outside, Site, SiteController } from './site.js';
import type { SiteSpec } from './site.js';

const site = (
  name: string,
  spec: Partial<SiteSpec> = {},
): { metadata: { name: string; namespace: string }; spec: SiteSpec } => ({
  metadata: { name, namespace: 'default' },
  spec: { replicas: 2, ...spec },
});

const copies =
  (count: number) =>
  (object: Site): boolean =>
    object.status?.copies === count;

async function withSites(work: (harness: Harness, outside: Outside) => Promise<void>): Promise<void> {
  const harness = await startHarness(Outside, SiteController);
  try {
    await work(harness, harness.host.get(Outside));
  } finally {
    await harness[Symbol.asyncDispose]();
  }
}

describe('a controller on an embedded API server', () => {
  it('installs its kind, makes children, and reports in the status', () =>
    withSites(async ({ client, until }) => {
      const definition = await client.get(CustomResourceDefinition, { name: 'sites.test.example.com' });
      expect(definition.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toContain(
        'Established=True',
      );
      await client.create(kindOf(Site), site('a'));
      const done = await until(Site, 'a', copies(2));
      expect(done.metadata.finalizers).toEqual(['test.example.com/outside']);
      expect(done.status).toMatchObject({
        copies: 2,
        observedGeneration: 1,
        conditions: [{ type: 'Ready', status: 'True', reason: 'Copied', observedGeneration: 1 }],
      });
      const child = await client.get(ConfigMap, { name: 'a-1' });
      expect(child.data).toEqual({ site: 'a' });
      expect(child.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'test.example.com/v1',
          kind: 'Site',
          name: 'a',
          uid: done.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(child.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
        'site Apply',
      ]);
    }));

  it('follows changes of the object and of its children, and then writes nothing more', () =>
    withSites(async ({ client, until, untilGone, writes }, outside) => {
      await client.create(kindOf(Site), site('a'));
      await until(Site, 'a', copies(2));
      await client.patch(kindOf(Site), { name: 'a' }, { type: 'merge', patch: { spec: { replicas: 1 } } });
      await until(Site, 'a', copies(1));
      await untilGone(ConfigMap, 'a-1').catch(() => undefined);
      await client.patch(ConfigMap, { name: 'a-0' }, { type: 'merge', patch: { data: { site: 'meddled' } } });
      await until(ConfigMap, 'a-0', ({ data }) => data?.['site'] === 'a');
      const before = writes.length;
      const runs = outside.reconciled.length;
      outside.changes$.next('a');
      await expect.poll(() => outside.reconciled.length).toBeGreaterThan(runs);
      expect(writes.slice(before)).toEqual([]);
    }));

  it('releases what is outside before the object goes', () =>
    withSites(async ({ client, until, untilGone }, outside) => {
      await client.create(kindOf(Site), site('a'));
      await until(Site, 'a', copies(2));
      const gone = untilGone(Site, 'a');
      await client.delete(kindOf(Site), { name: 'a' });
      await gone;
      expect(outside.released).toEqual(['a']);
    }));

  it('records events as a series', () =>
    withSites(async ({ client, until }, outside) => {
      await client.create(kindOf(Site), site('a', { replicas: 0 }));
      await until(Site, 'a', copies(0));
      const isCopied = (event: Event): boolean => event.reason === 'Copied' && event.regarding?.name === 'a';
      await expect
        .poll(async () => (await client.list(Event, { namespace: 'default' })).items.filter(isCopied).length)
        .toBe(1);
      outside.changes$.next('a');
      await expect
        .poll(async () => (await client.list(Event, { namespace: 'default' })).items.filter(isCopied)[0]?.series?.count)
        .toBeGreaterThanOrEqual(2);
      expect((await client.list(Event, { namespace: 'default' })).items.filter(isCopied)).toHaveLength(1);
    }));

  it('does not retry a terminal error, and does when the object changes', () =>
    withSites(async ({ client, until }, outside) => {
      await client.create(kindOf(Site), site('a', { fail: 'terminal' }));
      await until(Site, 'a', ({ metadata }) => metadata.finalizers !== undefined);
      await expect.poll(() => outside.reconciled.length).toBe(1);
      await client.patch(kindOf(Site), { name: 'a' }, { type: 'merge', patch: { spec: { fail: null } } });
      await until(Site, 'a', copies(2));
      expect(outside.reconciled.length).toBeGreaterThanOrEqual(2);
    }));

  it('runs for what a mapped kind concerns', () =>
    withSites(async ({ client, until }, outside) => {
      await client.create(kindOf(Site), site('a'));
      await until(Site, 'a', copies(2));
      const runs = outside.reconciled.length;
      await client.create(ConfigMap, {
        metadata: { name: 'settings', namespace: 'default', labels: { concerns: 'a' } },
      });
      await expect.poll(() => outside.reconciled.length).toBeGreaterThan(runs);
    }));
});

@CustomResource({ group: 'missing.example.com', version: 'v1', kind: 'Missing' })
class Missing extends CustomObject {}

/** A kind that nobody serves: described, but not as a class whose definition would be installed. */
@Controller({ for: { ...kindOf(Missing) } })
class MissingController extends Reconciler<Missing> {
  override reconcile(): Promise<void> {
    return Promise.resolve();
  }
}

describe('a controller whose kind is not served', () => {
  it('does not stop another, and readiness names it and the cause', async () => {
    const harness = await startHarness(Outside, SiteController, MissingController);
    try {
      await harness.client.create(kindOf(Site), site('a'));
      await harness.until(Site, 'a', copies(2));
      const { ready, checks } = await harness.host.get(Readiness).report();
      expect(ready).toBe(false);
      const failing = checks.find(({ ok }) => !ok);
      expect(failing).toMatchObject({
        name: 'controllers',
        reason: expect.stringMatching(
          /controller missing waits for the informer of Missing: .*could not find the requested resource/,
        ) as string,
      });
    } finally {
      await harness[Symbol.asyncDispose]();
    }
  });
});
