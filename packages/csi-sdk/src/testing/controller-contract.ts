import assert from 'node:assert/strict';
import { Code } from '@kubewright/grpc';
import { asError } from '@kubewright/core';
import { ControllerServiceCapability_RPC_Type as Can } from '../generated/csi/v1/csi_pb.js';
import type { Snapshot, Volume } from '../generated/csi/v1/csi_pb.js';
import { codeOf, endsWith } from './contract-assertions.js';
import type { ContractSession, ContractTest } from './contract-session.js';

const mebibyte = 1n << 20n;
const missing = 'no-such-thing';
const secret = 'contract-secret-value';

/** The rules of the controller service; a driver without the capability passes, having nothing to break. */
export function describeControllerContract(test: ContractTest): void {
  const when = (can: Can, name: string, body: (session: ContractSession) => Promise<void>): unknown =>
    test(name, async (session) => {
      if (session.controllerCan.has(can)) await body(session);
    });

  when(Can.CREATE_DELETE_VOLUME, 'refuses to create a volume without a name or a capability', async (session) => {
    const { client, capability } = session;
    const create = client.controller.createVolume;
    await endsWith(create({ volumeCapabilities: [capability] }), Code.INVALID_ARGUMENT);
    await endsWith(create({ name: 'a' }), Code.INVALID_ARGUMENT);
    await endsWith(create({ name: 'a', volumeCapabilities: [{}] }), Code.INVALID_ARGUMENT);
    await endsWith(create({ name: 'a'.repeat(129), volumeCapabilities: [capability] }), Code.INVALID_ARGUMENT);
    for (const name of ['a\0b', 'a\u0007', 'a\u0085']) {
      await endsWith(create({ name, volumeCapabilities: [capability] }), Code.INVALID_ARGUMENT);
    }
    const parameters = { key: 'v'.repeat(4096) };
    await endsWith(create({ name: 'a', volumeCapabilities: [capability], parameters }), Code.INVALID_ARGUMENT);
  });

  when(Can.CREATE_DELETE_VOLUME, 'creates one volume per name, however often it is asked', async (session) => {
    const first = await createVolume(session, 'n'.repeat(128));
    assert.equal((await createVolume(session, 'n'.repeat(128))).volumeId, first.volumeId);
    assert.notEqual((await createVolume(session, 'other')).volumeId, first.volumeId);
    const larger = { requiredBytes: first.capacityBytes + 1024n * mebibyte, limitBytes: 0n };
    await endsWith(createVolume(session, 'n'.repeat(128), larger), Code.ALREADY_EXISTS);
  });

  when(Can.CREATE_DELETE_VOLUME, 'makes one volume of calls that come at once', async (session) => {
    const calls = await Promise.allSettled(Array.from({ length: 8 }, () => createVolume(session, 'at-once')));
    const made = calls.flatMap((call) => (call.status === 'fulfilled' ? [call.value.volumeId] : []));
    const codes = await Promise.all(
      calls.map(async (call) => (call.status === 'rejected' ? codeOf(Promise.reject(asError(call.reason))) : Code.OK)),
    );
    assert.ok(codes.every((code) => code === Code.OK || code === Code.ABORTED));
    assert.equal(new Set([...made, (await createVolume(session, 'at-once')).volumeId]).size, 1);
  });

  when(Can.CREATE_DELETE_VOLUME, 'keeps to the size that was asked for', async (session) => {
    const range = { requiredBytes: 3n * mebibyte, limitBytes: 30n * mebibyte };
    const { capacityBytes } = await createVolume(session, 'sized', range);
    assert.ok(capacityBytes >= range.requiredBytes && capacityBytes <= range.limitBytes);
    const impossible = { requiredBytes: 2n, limitBytes: 1n };
    await endsWith(createVolume(session, 'impossible', impossible), Code.OUT_OF_RANGE, Code.INVALID_ARGUMENT);
    for (const [requiredBytes, limitBytes] of [
      [0n, 0n],
      [-1n, 0n],
      [0n, -1n],
    ] as const) {
      await endsWith(createVolume(session, 'impossible', { requiredBytes, limitBytes }), Code.INVALID_ARGUMENT);
    }
    // A double does not tell this one from the next.
    const exact = (1n << 53n) + 1n;
    const huge = createVolume(session, 'huge', { requiredBytes: exact, limitBytes: exact });
    const made = await huge.catch(() => undefined);
    if (made === undefined) await endsWith(huge, Code.OUT_OF_RANGE, Code.RESOURCE_EXHAUSTED);
    else assert.equal(made.capacityBytes, exact);
  });

  when(Can.CREATE_DELETE_VOLUME, 'deletes a volume once, and says yes ever after', async (session) => {
    const { volumeId } = await createVolume(session, 'short-lived');
    await session.client.controller.deleteVolume({ volumeId });
    await session.client.controller.deleteVolume({ volumeId });
    await session.client.controller.deleteVolume({ volumeId: missing });
  });

  when(Can.CREATE_DELETE_VOLUME, 'knows only its own volumes', async ({ client, capability }) => {
    const unknown = { volumeId: missing, volumeCapabilities: [capability] };
    await endsWith(client.controller.validateVolumeCapabilities(unknown), Code.NOT_FOUND);
    await endsWith(client.controller.validateVolumeCapabilities({ volumeId: missing }), Code.INVALID_ARGUMENT);
  });

  when(Can.CREATE_DELETE_VOLUME, 'never repeats a secret', async (session) => {
    const create = session.client.controller.createVolume;
    const secrets = { password: secret };
    const wrong = { case: 'volume', value: { volumeId: missing } } as const;
    for (const request of [
      { secrets },
      { secrets, name: 'a', volumeCapabilities: [session.capability], volumeContentSource: { type: wrong } },
    ]) {
      const answer = await create(request).then(() => '', String);
      assert.ok(!answer.includes(secret));
    }
  });

  when(Can.CLONE_VOLUME, 'clones volumes that exist', async (session) => {
    const { volumeId } = await createVolume(session, 'original');
    const clone = await createVolume(session, 'clone', undefined, { case: 'volume', value: { volumeId } });
    assert.deepEqual(clone.contentSource?.type.value, {
      $typeName: 'csi.v1.VolumeContentSource.VolumeSource',
      volumeId,
    });
    const none = { case: 'volume', value: { volumeId: missing } } as const;
    await endsWith(createVolume(session, 'orphan', undefined, none), Code.NOT_FOUND);
  });

  when(Can.LIST_VOLUMES, 'lists volumes page by page', async (session) => {
    const made = [];
    for (const name of ['a', 'b', 'c']) made.push((await createVolume(session, name)).volumeId);
    const list = session.client.controller.listVolumes;
    const first = await list({ maxEntries: 2 });
    assert.equal(first.entries.length, 2);
    const rest = await list({ startingToken: first.nextToken });
    const seen = [...first.entries, ...rest.entries].map(({ volume }) => volume?.volumeId ?? '');
    assert.deepEqual(seen.toSorted(), made.toSorted());
    await endsWith(list({ startingToken: 'not a token' }), Code.ABORTED);
    await endsWith(list({ maxEntries: -1 }), Code.INVALID_ARGUMENT);
  });

  when(Can.GET_VOLUME, 'finds one volume', async (session) => {
    const { volumeId } = await createVolume(session, 'wanted');
    assert.equal((await session.client.controller.controllerGetVolume({ volumeId })).volume?.volumeId, volumeId);
    await endsWith(session.client.controller.controllerGetVolume({ volumeId: missing }), Code.NOT_FOUND);
  });

  when(Can.CREATE_DELETE_SNAPSHOT, 'takes one snapshot per name', async (session) => {
    const { volumeId } = await createVolume(session, 'source');
    const other = await createVolume(session, 'other-source');
    const first = await createSnapshot(session, volumeId, 'snap');
    assert.equal((await createSnapshot(session, volumeId, 'snap')).snapshotId, first.snapshotId);
    assert.equal(first.sourceVolumeId, volumeId);
    assert.ok(first.creationTime !== undefined);
    await endsWith(createSnapshot(session, other.volumeId, 'snap'), Code.ALREADY_EXISTS);
    await endsWith(createSnapshot(session, missing, 'nothing'), Code.NOT_FOUND);
    await session.client.controller.deleteSnapshot({ snapshotId: first.snapshotId });
    await session.client.controller.deleteSnapshot({ snapshotId: first.snapshotId });
  });

  when(Can.LIST_SNAPSHOTS, 'lists snapshots by source and id', async (session) => {
    const list = session.client.controller.listSnapshots;
    assert.deepEqual((await list({ snapshotId: missing })).entries, []);
    const { volumeId } = await createVolume(session, 'listed');
    const { snapshotId } = await createSnapshot(session, volumeId, 'listed-snap');
    for (const filter of [{ snapshotId }, { sourceVolumeId: volumeId }]) {
      assert.deepEqual(
        (await list(filter)).entries.map(({ snapshot }) => snapshot?.snapshotId),
        [snapshotId],
      );
    }
    await endsWith(list({ startingToken: 'not a token' }), Code.ABORTED);
  });

  when(Can.EXPAND_VOLUME, 'grows volumes and never shrinks them', async (session) => {
    const expand = session.client.controller.controllerExpandVolume;
    const { volumeId, capacityBytes } = await createVolume(session, 'growing', {
      requiredBytes: mebibyte,
      limitBytes: 0n,
    });
    const wanted = capacityBytes + 5n * mebibyte;
    for (let time = 0; time < 2; time++) {
      const grown = await expand({ volumeId, capacityRange: { requiredBytes: wanted } });
      assert.ok(grown.capacityBytes >= wanted);
    }
    const smaller = await expand({ volumeId, capacityRange: { requiredBytes: mebibyte } });
    assert.ok(smaller.capacityBytes >= wanted);
    await endsWith(expand({ volumeId: missing, capacityRange: { requiredBytes: wanted } }), Code.NOT_FOUND);
    await endsWith(expand({ volumeId }), Code.INVALID_ARGUMENT);
  });

  when(Can.MODIFY_VOLUME, 'refuses parameters that it does not know', async (session) => {
    const { volumeId } = await createVolume(session, 'modified');
    const mutableParameters = { 'no.such/parameter': 'x' };
    const modify = session.client.controller.controllerModifyVolume;
    await endsWith(modify({ volumeId, mutableParameters }), Code.INVALID_ARGUMENT);
    await endsWith(modify({ volumeId: missing, mutableParameters }), Code.NOT_FOUND, Code.INVALID_ARGUMENT);
  });

  when(Can.PUBLISH_UNPUBLISH_VOLUME, 'attaches volumes to nodes that exist', async (session) => {
    const { client, capability: volumeCapability } = session;
    const { volumeId } = await createVolume(session, 'attached');
    const { nodeId } = await client.node.nodeGetInfo({});
    const request = { volumeId, nodeId, volumeCapability };
    const { publishContext } = await client.controller.controllerPublishVolume(request);
    assert.deepEqual((await client.controller.controllerPublishVolume(request)).publishContext, publishContext);
    await endsWith(client.controller.controllerPublishVolume({ ...request, nodeId: missing }), Code.NOT_FOUND);
    await endsWith(client.controller.controllerPublishVolume({ ...request, volumeId: missing }), Code.NOT_FOUND);
    for (let time = 0; time < 2; time++) await client.controller.controllerUnpublishVolume({ volumeId, nodeId });
  });
}

/** Makes a volume through the driver. */
export async function createVolume(
  { client, capability }: ContractSession,
  name: string,
  capacityRange?: { requiredBytes: bigint; limitBytes: bigint },
  source?: { case: 'volume'; value: { volumeId: string } },
): Promise<Volume> {
  const { volume } = await client.controller.createVolume({
    name,
    volumeCapabilities: [capability],
    ...(capacityRange && { capacityRange }),
    ...(source && { volumeContentSource: { type: source } }),
  });
  assert.ok(volume !== undefined && volume.volumeId !== '' && Buffer.byteLength(volume.volumeId) <= 128);
  return volume;
}

async function createSnapshot({ client }: ContractSession, sourceVolumeId: string, name: string): Promise<Snapshot> {
  const { snapshot } = await client.controller.createSnapshot({ sourceVolumeId, name });
  assert.ok(snapshot !== undefined);
  return snapshot;
}
