import { formatMicroTime } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { ControlPlaneGuard, stockControllers } from '@kubewright/controllers';
import { SystemClock } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { withHarness } from './harness.js';

const clock = new SystemClock();
const idle = (): Promise<void> => Promise.resolve();
const lease =
  (renewedAgo: number, holderIdentity = 'node-1') =>
  (client: Client) =>
    client.create(Lease, {
      metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
      spec: { holderIdentity, leaseDurationSeconds: 1, renewTime: formatMicroTime(clock.now() - renewedAgo) },
    });

describe('the control plane guard', () => {
  it('refuses a cluster whose controller manager is alive', async () => {
    await expect(
      withHarness([stockControllers({ certificateAuthority: 'PEM' })], idle, { prepare: lease(0) }),
    ).rejects.toMatchObject({
      details: { plugin: 'control-plane-guard' },
      cause: { code: 'KW_CONTROLLERS_CONTROL_PLANE_RUNS' },
    });
  });

  it('is left out where it is told to', () =>
    withHarness([stockControllers({ certificateAuthority: 'PEM', replaceControlPlane: true })], idle, {
      prepare: lease(0),
    }));

  it.each([60_000, -3_600_000])('believes a lease renewed %i ms ago to be dead after it has watched it', (ago) =>
    withHarness([ControlPlaneGuard], idle, { prepare: lease(ago) }),
  );

  it('does not believe a clock that says that a lease is old while it is renewed', async () => {
    const starting = withHarness([ControlPlaneGuard], idle, {
      async prepare(client) {
        await lease(60_000)(client);
        const patch = { spec: { renewTime: formatMicroTime(clock.now() - 59_000) } };
        void clock
          .sleep(300)
          .then(() =>
            client.patch(
              Lease,
              { name: 'kube-controller-manager', namespace: 'kube-system' },
              { type: 'merge', patch },
            ),
          );
      },
    });
    await expect(starting).rejects.toMatchObject({ cause: { code: 'KW_CONTROLLERS_CONTROL_PLANE_RUNS' } });
  });

  it('costs nothing on a cluster without one', () => withHarness([ControlPlaneGuard], idle));
});
