import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { faultPoints } from '../state/fault-points.js';
import type { FaultPoint, FaultPoints } from '../state/fault-points.js';
import { startHostPathDriver } from '../testing/start-host-path-driver.js';
import { kindsPassing, volumeLife } from '../testing/volume-life.js';

/** Ends whatever passes one point, once: nothing of the operation runs after it. */
class Killing implements FaultPoints {
  passed = false;
  readonly #point: FaultPoint;

  constructor(point: FaultPoint) {
    this.#point = point;
  }

  reach(point: FaultPoint): void {
    if (point !== this.#point || this.passed) return;
    this.passed = true;
    throw new Error(`killed at ${point}`);
  }
}

describe.skipIf(!privileged())('an operation that ends', () => {
  for (const point of faultPoints) {
    for (const kind of kindsPassing(point)) {
      it(`at ${point} leaves nothing that the next start and a repeated call do not mend (${kind})`, async () => {
        const faults = new Killing(point);
        await using first = await startHostPathDriver({ faults });
        const { root, mountDirectory } = first;
        await using started = new AsyncDisposableStack();
        let driver = first;
        const restart = async (): Promise<void> => {
          await driver.driver.stop();
          driver = started.use(await startHostPathDriver({ root, faults }, mountDirectory));
        };
        await volumeLife({
          kind,
          root,
          mountDirectory,
          nodeId: 'node-1',
          call: async (work) => {
            const wasPassed = faults.passed;
            try {
              return await work(driver.client);
            } catch (error) {
              if (wasPassed || !faults.passed) throw error;
              await restart();
              return work(driver.client);
            }
          },
        });
        expect(faults.passed).toBe(true);
      });
    }
  }
});
