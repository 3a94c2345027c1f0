import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { SeededRandom } from '@kubewright/core/testing';
import { LinuxMounter, mountsAt } from '@kubewright/csi-sdk';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { startHostPathDriver } from '@kubewright/storage/testing';
import type { StartedHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';

const rounds = 300;
const mebibyte = 1n << 20n;
const mounter = new LinuxMounter();
const volumeCapability = {
  accessType: { case: 'mount', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
} as const;
/** What a caller may be told who asks for things in the wrong order, or twice at once. */
const told: readonly Code[] = [Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ABORTED, Code.ALREADY_EXISTS];

/** A caller who has lost track: any call may come at any time, and more than once at the same time. */
class Caller {
  #volumeId = 'none';
  #snapshotId = 'none';
  readonly staging: string;
  readonly target: string;
  /** How often a check found the volume published. */
  published = 0;

  constructor(private readonly driver: StartedHostPathDriver) {
    this.staging = join(driver.mountDirectory, 'staging');
    this.target = join(driver.mountDirectory, 'target');
  }

  readonly forward: readonly (() => Promise<unknown>)[] = [
    async () => {
      const request = { name: 'v', volumeCapabilities: [volumeCapability], capacityRange: { requiredBytes: mebibyte } };
      this.#volumeId = (await this.driver.client.controller.createVolume(request)).volume?.volumeId ?? '';
    },
    () => this.driver.client.controller.controllerPublishVolume({ ...this.#volume, nodeId: 'node-1' }),
    () => this.driver.client.node.nodeStageVolume({ ...this.#volume, stagingTargetPath: this.staging }),
    () =>
      this.driver.client.node.nodePublishVolume({
        ...this.#volume,
        stagingTargetPath: this.staging,
        targetPath: this.target,
      }),
    () =>
      this.driver.client.controller.controllerExpandVolume({
        ...this.#volume,
        capacityRange: { requiredBytes: mebibyte },
      }),
    async () => {
      const request = { name: 's', sourceVolumeId: this.#volumeId };
      this.#snapshotId = (await this.driver.client.controller.createSnapshot(request)).snapshot?.snapshotId ?? '';
    },
  ];

  /** In the order in which they undo everything. */
  readonly back: readonly (() => Promise<unknown>)[] = [
    () => this.driver.client.node.nodeUnpublishVolume({ volumeId: this.#volumeId, targetPath: this.target }),
    () => this.driver.client.node.nodeUnstageVolume({ volumeId: this.#volumeId, stagingTargetPath: this.staging }),
    () => this.driver.client.controller.controllerUnpublishVolume({ volumeId: this.#volumeId, nodeId: 'node-1' }),
    () => this.driver.client.controller.deleteSnapshot({ snapshotId: this.#snapshotId }),
    () => this.driver.client.controller.deleteVolume({ volumeId: this.#volumeId }),
  ];

  get #volume() {
    return { volumeId: this.#volumeId, volumeCapability };
  }

  /** Calls something, once to three times at once. */
  async step(random: Random): Promise<void> {
    const calls = [...this.forward, ...this.back];
    const call = calls[Math.floor(random.next() * calls.length)] ?? (() => Promise.resolve());
    const times = 1 + Math.floor(random.next() * 3);
    for (const answer of await Promise.allSettled(Array.from({ length: times }, call))) {
      if (answer.status === 'fulfilled') continue;
      const error: unknown = answer.reason;
      expect(GrpcStatusError.is(error) && told.includes(error.status), String(error)).toBe(true);
    }
  }

  /** One mount at most, which shows what was written to this volume and no other. */
  async check(): Promise<void> {
    const table = await mounter.mounts();
    for (const path of [this.staging, this.target]) expect(mountsAt(table, path).length).toBeLessThanOrEqual(1);
    expect((await this.driver.client.controller.listVolumes({})).entries.length).toBeLessThanOrEqual(1);
    if (mountsAt(table, this.target).length === 0) return;
    this.published++;
    const file = join(this.target, 'owner');
    const owner = await readFile(file, 'utf8').catch(() => undefined);
    if (owner === undefined) await writeFile(file, this.#volumeId);
    else expect(owner).toBe(this.#volumeId);
  }
}

describe.skipIf(process.getuid?.() !== 0)('calls in any order, repeated and at once', () => {
  it.for([1, 2, 3])('mount nothing twice, mix no data up and leave nothing (seed %i)', async (seed) => {
    await using driver = await startHostPathDriver();
    const caller = new Caller(driver);
    const random = new SeededRandom(seed);
    for (let round = 0; round < rounds; round++) {
      await caller.step(random);
      await caller.check();
    }
    expect(caller.published).toBeGreaterThan(rounds / 20);
    for (const call of caller.back) {
      await call().catch((error: unknown) => expect(error).toMatchObject({ status: Code.NOT_FOUND }));
    }
    for (const place of ['volumes', 'snapshots', 'state/volumes', 'state/snapshots'])
      expect(await readdir(join(driver.root, place))).toEqual([]);
    expect(await readdir(driver.mountDirectory)).toEqual([]);
  });
});
