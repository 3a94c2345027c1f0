import assert from 'node:assert/strict';
import type { HealthCheck } from '../health/health-check.js';
import type { TestRunner } from './test-runner.js';

/** What every health check keeps to. */
export function describeHealthCheckContract(
  { describe, it }: TestRunner,
  make: () => HealthCheck | Promise<HealthCheck>,
): void {
  describe('HealthCheck contract', () => {
    it('has a name that fits into the path of /readyz', async () => {
      assert.match((await make()).name, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
    });

    it('answers fine, or with a reason', async () => {
      const health = await (await make()).check(new AbortController().signal);
      assert.ok(health.ok || health.reason.length > 0);
    });

    it('settles when the signal has aborted', async () => {
      const check = await make();
      await Promise.allSettled([check.check(AbortSignal.abort(new Error('the asker left')))]);
    });
  });
}
