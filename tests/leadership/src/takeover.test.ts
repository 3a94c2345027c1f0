import { Deployment } from '@kubewright/api/apps/v1';
import { SystemClock } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { startReplicas } from './replicas.js';
import { Website, websiteSpec } from './website.js';

const leaseSeconds = 4;
const site = (name: string) => ({ metadata: { name, namespace: 'default' }, spec: websiteSpec });

describe('two copies of the website operator', { timeout: 60_000 }, () => {
  it('are both ready; when the leader is killed the other works within the lease and 2 s, without a list', async () => {
    await using replicas = await startReplicas(leaseSeconds);
    const { client } = replicas;
    const [first, second] = [await replicas.start(), await replicas.start()];
    await Promise.all([first.untilReady(), second.untilReady()]);
    const [leader, standby] = (await replicas.untilOther('')) === first.name ? [first, second] : [second, first];

    await client.create(Website, site('before'));
    await expect
      .poll(() =>
        client.get(Deployment, { name: 'before' }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    for (const replica of [leader, standby]) {
      const { status, text } = (await replica.ready()) ?? { status: 0, text: '' };
      expect([replica.name, status, text]).toEqual([replica.name, 200, expect.stringContaining('[+]controllers ok')]);
      const listed = replica.port.lists.map((url) => url.split('?')[0]?.split('/').at(-1));
      expect(new Set(listed)).toEqual(new Set(['websites', 'deployments', 'services']));
    }
    // The standby has written the definition of its kind, and nothing else.
    expect(standby.port.writes.filter(({ path }) => !path.includes('/customresourcedefinitions/'))).toEqual([]);

    const clock = new SystemClock();
    const listsBefore = standby.port.lists.length;
    const killed = clock.monotonic();
    leader.program.kill('SIGKILL');
    await client.create(Website, site('after'));
    await expect
      .poll(
        () =>
          client.get(Deployment, { name: 'after' }).then(
            () => true,
            () => false,
          ),
        { interval: 20 },
      )
      .toBe(true);
    const took = clock.monotonic() - killed;
    expect(took).toBeLessThan((leaseSeconds + 2) * 1000);
    expect(standby.port.lists.slice(listsBefore)).toEqual([]);
    expect(standby.port.writes.some(({ path }) => path.endsWith('/deployments/after'))).toBe(true);
    expect((await standby.ready())?.status).toBe(200);
  });
});
