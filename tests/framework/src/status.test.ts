import type { DeepReadonly } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { Controller, Reconciler, condition, kindOf } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { startHarness } from './harness.js';
import type { Harness } from './harness.js';
import { Site } from './site.js';

@Plugin({ name: 'others' })
class Others {
  readonly outcomes: string[] = [];
  /** What another writer does between the controller's look into its cache and its write. */
  write: () => Promise<unknown> = () => Promise.resolve();
}

@Controller({ for: Site, name: 'site' })
class ReportingController extends Reconciler<Site> {
  constructor(@inject(Others) private readonly others: Others) {
    super();
  }

  override async reconcile(site: DeepReadonly<Site>, ctx: ReconcileContext<Site>): Promise<void> {
    const { write } = this.others;
    this.others.write = () => Promise.resolve();
    await write();
    try {
      await ctx.status({ copies: site.spec.replicas }, condition('Ready', true, 'Copied'));
      await ctx.status({}, condition('Settled', true, 'Done'));
      this.others.outcomes.push('done');
    } catch (error) {
      this.others.outcomes.push((error as { readonly reason: string }).reason);
      throw error;
    }
  }
}

const other = { type: 'Other', status: 'True', reason: 'R', message: '', lastTransitionTime: '2025-01-01T00:00:00Z' };
const key = { name: 'a' };

async function withReports(work: (harness: Harness, others: Others) => Promise<void>): Promise<void> {
  const harness = await startHarness(Others, ReportingController);
  try {
    await work(harness, harness.host.get(Others));
  } finally {
    await harness[Symbol.asyncDispose]();
  }
}

const patchStatus = ({ client }: Harness, status: object): Promise<unknown> =>
  client.status(kindOf(Site)).patch(key, { type: 'merge', patch: { status } });

const create = ({ client }: Harness): Promise<unknown> =>
  client.create(kindOf(Site), { metadata: { name: 'a', namespace: 'default' }, spec: { replicas: 2 } });

const typesOf = async ({ client }: Harness): Promise<string[]> =>
  conditionsOf((await client.get(kindOf(Site), key)).status).map(({ type }) => type);

/** Every status has conditions, though its class does not name them. */
const conditionsOf = (status: object | undefined): readonly { readonly type: string }[] => {
  const { conditions = [] }: { readonly conditions?: readonly { readonly type: string }[] } = status ?? {};
  return conditions;
};

describe('ctx.status from a cache that is behind', () => {
  it.each(['map', 'atomic'])('keeps the conditions that others have set, in a list of type %s', (listType) =>
    withReports(async (harness, others) => {
      if (listType === 'atomic') await makeAtomic(harness);
      others.write = () => patchStatus(harness, { conditions: [other] });
      await create(harness);
      await expect.poll(() => others.outcomes).toContain('done');
      expect(await typesOf(harness)).toEqual(['Other', 'Ready', 'Settled']);
      expect(others.outcomes).not.toContain('Conflict');
    }),
  );

  it('does not overwrite a field that somebody else has changed since, and runs again', () =>
    withReports(async (harness, others) => {
      others.write = () => patchStatus(harness, { copies: 7 });
      await create(harness);
      await expect.poll(() => others.outcomes).toContain('done');
      expect(others.outcomes[0]).toBe('Conflict');
      expect((await harness.client.get(kindOf(Site), key)).status?.copies).toBe(2);
    }));

  it('is written though the spec has changed, with the generation that was seen', () =>
    withReports(async (harness, others) => {
      const seen: unknown[] = [];
      others.write = async () => {
        await harness.client.patch(kindOf(Site), key, { type: 'merge', patch: { spec: { replicas: 3 } } });
        others.write = async () => seen.push((await harness.client.get(kindOf(Site), key)).status);
      };
      await create(harness);
      await expect.poll(() => others.outcomes.length).toBeGreaterThanOrEqual(2);
      expect(others.outcomes).not.toContain('Conflict');
      expect(seen[0]).toMatchObject({ copies: 2, observedGeneration: 1 });
    }));

  it('leaves an object alone that took the place of the one that was seen', () =>
    withReports(async (harness, others) => {
      others.write = async () => {
        await harness.client.delete(kindOf(Site), key);
        await harness.client.create(kindOf(Site), {
          metadata: { name: 'a', namespace: 'default' },
          spec: { replicas: 5 },
        });
      };
      await create(harness);
      await expect.poll(() => others.outcomes).toContain('done');
      expect(others.outcomes[0]).toBe('Conflict');
      expect((await harness.client.get(kindOf(Site), key)).status?.copies).toBe(5);
    }));
});

/** What a definition by somebody else may say: the list of conditions is one value. */
async function makeAtomic({ client }: Harness): Promise<void> {
  const name = 'sites.test.example.com';
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/conditions';
  await client.patch(
    CustomResourceDefinition,
    { name },
    {
      type: 'json',
      patch: [
        { op: 'replace', path: `${path}/x-kubernetes-list-type`, value: 'atomic' },
        { op: 'remove', path: `${path}/x-kubernetes-list-map-keys` },
      ],
    },
  );
}
