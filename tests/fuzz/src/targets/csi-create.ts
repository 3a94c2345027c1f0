import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { FakeMounter } from '@kubewright/csi-sdk/testing';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError, codeName } from '@kubewright/grpc';
import { startHostPathDriver } from '@kubewright/storage/testing';
import type { StartedHostPathDriver } from '@kubewright/storage/testing';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';
import { edgeOfName, edgeOfSize, isAllowedName, isAllowedRange } from './csi-edges.js';

const modes = [
  Mode.UNKNOWN,
  Mode.SINGLE_NODE_WRITER,
  Mode.SINGLE_NODE_READER_ONLY,
  Mode.MULTI_NODE_READER_ONLY,
  Mode.MULTI_NODE_SINGLE_WRITER,
  Mode.MULTI_NODE_MULTI_WRITER,
  Mode.SINGLE_NODE_SINGLE_WRITER,
  Mode.SINGLE_NODE_MULTI_WRITER,
] as const;

/**
 * Volumes with the names, sizes and modes at which mistakes are made. What CSI bans gets INVALID_ARGUMENT, what it allows does not,
 * and what is made is within what was asked for, to the byte.
 */
export const csiCreateTarget: FuzzTarget = {
  name: 'csi-create',
  async open() {
    const root = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kw-fuzz-'));
    return new CreateRun(await startHostPathDriver({ root, mounter: new FakeMounter(), poolBytes: 1n << 62n }));
  },
};

class CreateRun implements FuzzRun {
  readonly #driver: StartedHostPathDriver;

  constructor(driver: StartedHostPathDriver) {
    this.#driver = driver;
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const name = choices.chance(0.75) ? `name-${choices.below(6)}` : edgeOfName(choices);
    const size = (): bigint => (choices.chance(0.8) ? BigInt(1 + choices.below(1 << 20)) : edgeOfSize(choices));
    const capacityRange = { requiredBytes: size(), limitBytes: choices.chance(0.5) ? 0n : size() };
    const mode = choices.of(modes);
    const isAllowed =
      isAllowedName(name) &&
      isAllowedRange(capacityRange.requiredBytes, capacityRange.limitBytes) &&
      mode !== Mode.UNKNOWN;
    const { controller } = this.#driver.client;
    const volumeCapabilities = [{ accessType: { case: 'mount', value: {} }, accessMode: { mode } }] as const;
    try {
      const request = { name, capacityRange, volumeCapabilities: [...volumeCapabilities] };
      const { volume } = await controller.createVolume(request);
      assert.ok(isAllowed, `made ${JSON.stringify(name)} of mode ${mode}, ${show(capacityRange)}`);
      const { volumeId = '', capacityBytes = 0n } = volume ?? {};
      const { requiredBytes, limitBytes } = capacityRange;
      assert.ok(capacityBytes >= requiredBytes && (limitBytes === 0n || capacityBytes <= limitBytes));
      if (choices.chance(0.5)) await controller.deleteVolume({ volumeId });
      return 'handled';
    } catch (error) {
      if (!GrpcStatusError.is(error)) throw error;
      const isRefused = error.status === Code.INVALID_ARGUMENT;
      assert.equal(isRefused, !isAllowed, `${JSON.stringify(name)}, mode ${mode}, ${show(capacityRange)}: ${error}`);
      const fits: readonly Code[] = [Code.INVALID_ARGUMENT, Code.OUT_OF_RANGE, Code.ALREADY_EXISTS];
      assert.ok(fits.includes(error.status), `ended with ${codeName(error.status)}: ${error.text}`);
      return isRefused ? 'rejected' : 'handled';
    }
  }

  /** Names are nobody's paths: what is in the directory is what the driver called it. */
  async check(): Promise<void> {
    const { client, root } = this.#driver;
    const { entries } = await client.controller.listVolumes({});
    const ids = entries.map(({ volume }) => volume?.volumeId ?? '');
    assert.deepEqual((await readdir(join(root, 'volumes'))).toSorted(), ids.toSorted());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver[Symbol.asyncDispose]();
    await rm(this.#driver.root, { recursive: true, force: true });
  }
}

function show({ requiredBytes, limitBytes }: { requiredBytes: bigint; limitBytes: bigint }): string {
  return `from ${requiredBytes} to ${limitBytes}`;
}
