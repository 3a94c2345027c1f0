import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { openProfile } from '../run/open-profile.js';
import { select } from '../run/plan.js';
import { runChecks } from '../run/run-checks.js';
import type { SanityReport } from '../run/run-checks.js';
import { allChecks } from '../checks/all-checks.js';
import type { Check } from '../check/check.js';
import { defects } from './defects.js';
import type { Defect } from './defect.js';
import { TestPluginHost } from './test-plugin-host.js';

const shims = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const timeout = 60_000;

async function judge(
  defect: Defect | undefined,
  checks: readonly Check[],
  kind?: Defect['kind'],
): Promise<SanityReport> {
  const host = await TestPluginHost.start(defect, kind);
  try {
    return await runChecks(await openProfile({ plugin: host.plugin, kind: host.kind }), { checks });
  } finally {
    await host[Symbol.asyncDispose]();
  }
}

describe.skipIf(!shims)('the checks', () => {
  it('find nothing wrong with the right plugin', { timeout }, async () => {
    const { results } = await judge(undefined, allChecks);
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    const skipped = results.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id);
    if (privileged()) expect(skipped).toEqual(['chain.indexes']);
    expect(results).toHaveLength(allChecks.length);
  });

  it.skipIf(!privileged())('find nothing wrong with the right chained plugin', { timeout }, async () => {
    const { results } = await judge(undefined, allChecks, 'chained');
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(results.find(({ id }) => id === 'chain.indexes')).toMatchObject({ outcome: 'passed' });
  });

  it.skipIf(!privileged()).each(defects.map((defect) => [defect.name, defect.caughtBy, defect] as const))(
    'find the defect %s by %j',
    { timeout },
    async (_name, caughtBy, defect) => {
      const checks = select(allChecks, caughtBy, []);
      const { results } = await judge(defect, checks);
      expect(results.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(
        caughtBy.map((id) => `${id} failed`).toSorted(),
      );
      for (const { reason } of results) expect(reason).not.toContain('could not be carried out');
    },
  );

  it.skipIf(!privileged())('can be interrupted, and take back what they began', async () => {
    const host = await TestPluginHost.start();
    const interrupt = new AbortController();
    const interrupting: Check = {
      id: 'test.interrupt',
      rule: '',
      section: '',
      needs: { root: true },
      async run(session) {
        const container = await session.container();
        await session.add(container);
        interrupt.abort(new Error('enough'));
        await session.call('CHECK', container);
      },
    };
    try {
      const profile = await openProfile({ plugin: host.plugin });
      const run = runChecks(profile, { checks: [interrupting, ...allChecks], signal: interrupt.signal });
      await expect(run).rejects.toThrow('enough');
      expect(host.attachments()).toEqual([]);
    } finally {
      await host[Symbol.asyncDispose]();
    }
  });

  it('are each shown to be able to fail', () => {
    const proven = new Set(defects.flatMap(({ caughtBy }) => caughtBy));
    expect(allChecks.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
  });

  it('have names of their own, as have the defects', () => {
    expect(new Set(allChecks.map(({ id }) => id)).size).toBe(allChecks.length);
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
  });
});
