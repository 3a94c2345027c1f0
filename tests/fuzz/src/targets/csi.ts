import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import type { DescMethod } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import type { Random } from '@kubewright/core';
import { FakeMounter } from '@kubewright/csi-sdk/testing';
import {
  Controller,
  CreateSnapshotResponseSchema,
  CreateVolumeGroupSnapshotResponseSchema,
  CreateVolumeResponseSchema,
  GroupController,
  Identity,
  Node,
} from '@kubewright/csi-sdk/v1';
import { Code, codeName, methodPath } from '@kubewright/grpc';
import { startHostPathDriver } from '@kubewright/storage/testing';
import type { StartedHostPathDriver } from '@kubewright/storage/testing';
import type { FuzzRun, FuzzTarget } from '../target.js';
import { RequestMaker } from './csi-requests.js';

const methods = [Identity, Controller, GroupController, Node].flatMap((service) => service.methods);
/** Ways in which a driver may end a call that it understood. Anything else is a mistake of the driver. */
const handled = new Set<number>([
  Code.OK,
  Code.NOT_FOUND,
  Code.ALREADY_EXISTS,
  Code.FAILED_PRECONDITION,
  Code.OUT_OF_RANGE,
  Code.RESOURCE_EXHAUSTED,
  Code.ABORTED,
]);
const refused = new Set<number>([Code.INVALID_ARGUMENT]);

/**
 * Requests of every kind over the socket of the host-path driver. Mounts and devices are pretended, so it needs no
 * privileges.
 */
export const csiTarget: FuzzTarget = {
  name: 'csi',
  async open() {
    // In memory where there is such a place: the driver syncs every change to the disk.
    const root = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kw-fuzz-'));
    const mounter = new FakeMounter();
    const started = await startHostPathDriver({ root, mounter, loopDevices: noDevices, maxVolumesPerNode: 8 });
    return new CsiRun(started, mounter);
  },
};

class CsiRun implements FuzzRun {
  readonly #driver: StartedHostPathDriver;
  readonly #mounter: FakeMounter;
  readonly #transport: Client;
  readonly #ids = { volumes: new Set<string>(), snapshots: new Set<string>(), groups: new Set<string>() };

  constructor(driver: StartedHostPathDriver, mounter: FakeMounter) {
    this.#driver = driver;
    this.#mounter = mounter;
    this.#transport = new Client(`unix:${driver.socketPath}`, credentials.createInsecure());
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const method = methods[Math.floor(random.next() * methods.length)] as DescMethod;
    const { volumes, snapshots, groups } = this.#ids;
    const maker = new RequestMaker(random, { volumes: [...volumes], snapshots: [...snapshots], groups: [...groups] });
    const { bytes, damaged } = maker.request(method);
    const { status, details, response } = await this.#call(method, bytes);
    if (response !== undefined) this.#learn(method, response);
    assert.ok(damaged || !details.includes('hidden'), `a secret came back: ${details}`);
    if (handled.has(status)) return 'handled';
    const undecodable = status === Code.INTERNAL && details.includes('deserializing');
    assert.ok(refused.has(status) || undecodable, `${method.name} ended with ${codeName(status)}: ${details}`);
    return 'rejected';
  }

  /** Records, data and mounts have to tell the same story. */
  async check(): Promise<void> {
    const { client, root } = this.#driver;
    const { entries } = await client.controller.listVolumes({});
    const ids = await readdir(join(root, 'volumes'));
    const recorded = (await readdir(join(root, 'state', 'volumes'))).map((name) => name.replace(/\.json$/, ''));
    assert.deepEqual(ids.toSorted(), recorded.toSorted());
    for (const { volume } of entries) assert.ok(ids.includes(volume?.volumeId ?? ''));
    const snapshots = (await client.controller.listSnapshots({})).entries.map(
      ({ snapshot }) => snapshot?.snapshotId ?? '',
    );
    assert.deepEqual((await readdir(join(root, 'snapshots'))).toSorted(), snapshots.toSorted());
    const points = new Map<string, number>();
    for (const { mountPoint, root: tree } of (await this.#mounter.mounts()).slice(1)) {
      points.set(mountPoint, (points.get(mountPoint) ?? 0) + 1);
      assert.ok(
        ids.some((id) => tree.includes(id)),
        `'${mountPoint}' shows '${tree}', whose volume is gone`,
      );
    }
    for (const [point, count] of points) assert.equal(count, 1, `'${point}' is mounted ${count} times`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#transport.close();
    await this.#driver[Symbol.asyncDispose]();
    await rm(this.#driver.root, { recursive: true, force: true });
  }

  #learn(method: DescMethod, response: Buffer): void {
    const { volumes, snapshots, groups } = this.#ids;
    if (method.name === 'CreateVolume')
      remember(volumes, fromBinary(CreateVolumeResponseSchema, response).volume?.volumeId);
    if (method.name === 'CreateSnapshot') {
      remember(snapshots, fromBinary(CreateSnapshotResponseSchema, response).snapshot?.snapshotId);
    }
    if (method.name === 'CreateVolumeGroupSnapshot') {
      remember(groups, fromBinary(CreateVolumeGroupSnapshotResponseSchema, response).groupSnapshot?.groupSnapshotId);
    }
  }

  #call(method: DescMethod, request: Buffer): Promise<{ status: Code; details: string; response?: Buffer }> {
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      this.#transport.makeUnaryRequest(methodPath(method), same, same, request, (error, response) => {
        const status = (error?.code ?? Code.OK) as Code;
        resolve({ status, details: error?.details ?? '', ...(response !== undefined && { response }) });
      });
    });
  }
}

/** Remembers the last few ids, those of things that are gone among them. */
function remember(ids: Set<string>, id: string | undefined): void {
  if (id === undefined || id === '') return;
  ids.delete(id);
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > 8 && oldest !== undefined) ids.delete(oldest);
}

const noDevices = {
  find: () => Promise.resolve(undefined),
  attach: () => Promise.resolve('/dev/loop-fuzz'),
  detach: () => Promise.resolve(),
  refresh: () => Promise.resolve(),
};
