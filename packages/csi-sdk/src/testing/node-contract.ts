import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from '@kubewright/grpc';
import {
  ControllerServiceCapability_RPC_Type as Can,
  NodeServiceCapability_RPC_Type as NodeCan,
} from '../generated/csi/v1/csi_pb.js';
import type { Volume } from '../generated/csi/v1/csi_pb.js';
import { endsWith } from './contract-assertions.js';
import { createVolume } from './controller-contract.js';
import type { ContractSession, ContractTest } from './contract-session.js';

interface PublishedVolume {
  readonly volumeId: string;
  readonly target: string;
  readonly staging: string;
  readonly publish: () => Promise<unknown>;
  readonly unpublish: () => Promise<unknown>;
}

/**
 * The rules of the node service. Volumes come from the driver's own controller; without one there is nothing to
 * publish.
 */
export function describeNodeContract(test: ContractTest): void {
  const published = (
    name: string,
    body: (volume: PublishedVolume, session: ContractSession) => Promise<void>,
  ): unknown =>
    test(name, async (session) => {
      if (session.controllerCan.has(Can.CREATE_DELETE_VOLUME)) await withPublished(session, body);
    });

  test('knows the node that it is on', async ({ client }) => {
    const { nodeId } = await client.node.nodeGetInfo({});
    assert.ok(nodeId !== '' && Buffer.byteLength(nodeId) <= 256);
  });

  test('refuses to publish what it is not told enough about', async ({ client, mountDirectory, capability }) => {
    const targetPath = join(mountDirectory, 'target');
    const publish = client.node.nodePublishVolume;
    await endsWith(publish({ targetPath, volumeCapability: capability }), Code.INVALID_ARGUMENT);
    await endsWith(publish({ volumeId: 'v', volumeCapability: capability }), Code.INVALID_ARGUMENT);
    await endsWith(publish({ volumeId: 'v', targetPath }), Code.INVALID_ARGUMENT);
    await endsWith(client.node.nodeUnpublishVolume({ volumeId: 'v' }), Code.INVALID_ARGUMENT);
    await endsWith(client.node.nodeUnpublishVolume({ targetPath }), Code.INVALID_ARGUMENT);
  });

  published('publishes once, however often it is asked', async ({ publish }) => {
    await publish();
    await publish();
  });

  published('unpublishes, deletes the target, and says yes ever after', async ({ unpublish, target }) => {
    await unpublish();
    assert.equal(existsSync(target), false);
    await unpublish();
  });

  published('publishes again what was unpublished', async ({ publish, unpublish }) => {
    await unpublish();
    await publish();
  });

  published('measures what it published, and nothing else', async ({ volumeId, target }, { client, nodeCan }) => {
    if (!nodeCan.has(NodeCan.GET_VOLUME_STATS)) return;
    const stats = client.node.nodeGetVolumeStats;
    assert.ok((await stats({ volumeId, volumePath: target })).usage.length > 0);
    await endsWith(stats({ volumeId, volumePath: 'some/path' }), Code.NOT_FOUND);
    await endsWith(stats({ volumeId: 'no-such-volume', volumePath: target }), Code.NOT_FOUND);
    await endsWith(stats({ volumeId }), Code.INVALID_ARGUMENT);
  });
}

/** The whole way of a volume to a pod and back: attach, stage, publish; unpublish, unstage, detach, delete. */
async function withPublished(
  session: ContractSession,
  body: (volume: PublishedVolume, session: ContractSession) => Promise<void>,
): Promise<void> {
  const { client, mountDirectory, controllerCan, nodeCan, capability: volumeCapability } = session;
  const { volumeId, volumeContext }: Volume = await createVolume(session, 'published');
  const { nodeId } = await client.node.nodeGetInfo({});
  const [target, staging] = [join(mountDirectory, 'target'), join(mountDirectory, 'staging')];
  const attach = controllerCan.has(Can.PUBLISH_UNPUBLISH_VOLUME);
  const stage = nodeCan.has(NodeCan.STAGE_UNSTAGE_VOLUME);
  const { publishContext = {} } = attach
    ? await client.controller.controllerPublishVolume({ volumeId, nodeId, volumeCapability, volumeContext })
    : {};
  const on = { volumeId, volumeCapability, volumeContext, publishContext };
  const stagingPath = { stagingTargetPath: stage ? staging : '' };
  if (stage) await client.node.nodeStageVolume({ ...on, ...stagingPath });
  if (stage) await client.node.nodeStageVolume({ ...on, ...stagingPath });
  const publish = (): Promise<unknown> => client.node.nodePublishVolume({ ...on, ...stagingPath, targetPath: target });
  const unpublish = (): Promise<unknown> => client.node.nodeUnpublishVolume({ volumeId, targetPath: target });
  await publish();
  try {
    await body({ volumeId, target, staging, publish, unpublish }, session);
  } finally {
    await unpublish();
    for (let time = 0; time < (stage ? 2 : 0); time++)
      await client.node.nodeUnstageVolume({ volumeId, ...stagingPath });
    if (attach) await client.controller.controllerUnpublishVolume({ volumeId, nodeId });
    await client.controller.deleteVolume({ volumeId });
  }
}
