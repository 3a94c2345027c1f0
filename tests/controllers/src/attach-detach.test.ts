import { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { VolumeAttachment } from '@kubewright/api/storage/v1';
import { AttachDetachController, OrphanedAttachments, attachmentName, uniqueVolumeName } from '@kubewright/controllers';
import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import type { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { failure } from './faulty-transport.js';
import { withHarness } from './harness.js';
import type { Harness } from './harness.js';

const csi = { driver: 'files.example.com', volumeHandle: 'v' };
const inUse = { volumesInUse: [uniqueVolumeName(csi)] };
const minutes = 60_000;
const system = new SystemClock();
const nameOn = (node: string): string => attachmentName(csi, node);

async function node(client: Client, name: string, status: object = {}): Promise<void> {
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };
  await client.create(Node, { metadata: { name, annotations } });
  await client.status(Node).patch({ name }, { type: 'merge', patch: { status } });
}

/** A claim with a volume, as a binder leaves them. */
async function boundClaim(client: Client, name = 'data', volumeName = 'pv', volumeHandle = 'v'): Promise<void> {
  const accessModes = ['ReadWriteOnce'];
  const key = { name, namespace: 'default' };
  const { metadata } = await client.create(PersistentVolumeClaim, {
    metadata: key,
    spec: { accessModes, volumeName, storageClassName: '', resources: { requests: { storage: '1Gi' } } },
  });
  const claimRef = { ...key, uid: metadata.uid ?? '' };
  await client.create(PersistentVolume, {
    metadata: { name: volumeName },
    spec: { accessModes, capacity: { storage: '1Gi' }, csi: { ...csi, volumeHandle }, claimRef },
  });
  const patch = { status: { phase: 'Bound' } };
  await client.status(PersistentVolumeClaim).patch(key, { type: 'merge', patch });
}

async function pod(client: Client, name: string, nodeName: string, claims = ['data']): Promise<void> {
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  const containers = [{ name: 'main', image: 'app' }];
  await client.create(Pod, { metadata: { name, namespace: 'default' }, spec: { nodeName, containers, volumes } });
}

/** What an attacher does. */
async function fulfil({ client }: Harness, nodeName: string): Promise<void> {
  const patch = { status: { attached: true } };
  await client.status(VolumeAttachment).patch({ name: nameOn(nodeName) }, { type: 'merge', patch });
}

async function attachedTo(harness: Harness, ...names: string[]): Promise<void> {
  await harness.until(VolumeAttachment, (found) => {
    return found.length === names.length && found.every(({ spec }) => names.includes(spec.nodeName));
  });
}

const controllers = [AttachDetachController, OrphanedAttachments];

describe('the attach-detach controller', () => {
  it('gives an exclusive volume to one of two nodes that want it at once', () =>
    withHarness(
      controllers,
      async (harness) => {
        const { client } = harness;
        await Promise.all(['node-1', 'node-2'].map((name) => pod(client, `on-${name}`, name)));
        await harness.until(VolumeAttachment, (found) => found.length > 0);
        await harness.settle();
        expect((await client.list(VolumeAttachment)).items).toHaveLength(1);
      },
      {
        async prepare(client) {
          await boundClaim(client);
          await Promise.all(['node-1', 'node-2'].map((name) => node(client, name)));
        },
      },
    ));

  it('goes on where the one before it stopped', () =>
    withHarness(
      controllers,
      async (harness) => {
        const { client } = harness;
        await pod(client, 'web', 'node-1');
        await attachedTo(harness, 'node-1');
        await fulfil(harness, 'node-1');
        await harness.restart();
        await harness.settle();
        const [attachment] = (await client.list(VolumeAttachment)).items;
        expect(attachment?.metadata).toMatchObject({ name: nameOn('node-1') });
        expect(attachment?.metadata).not.toHaveProperty('deletionTimestamp');
        expect((await client.get(Node, { name: 'node-1' })).status?.volumesAttached).toHaveLength(1);
        await harness.host.stop();
        await client.delete(Pod, { name: 'web' }, { gracePeriodSeconds: 0 });
        await harness.restart();
        await attachedTo(harness);
      },
      {
        async prepare(client) {
          await boundClaim(client);
          await node(client, 'node-1');
        },
      },
    ));

  it('attaches and detaches the others where one volume is refused for ever', () =>
    withHarness(
      controllers,
      async (harness) => {
        const { client, transport } = harness;
        const claims = ['first', 'refused', 'last'];
        const refusedName = attachmentName({ ...csi, volumeHandle: 'refused' }, 'node-1');
        transport.fault = ({ method, path, body }) => {
          const isAbout = path.includes('volumeattachments') && `${path} ${String(body)}`.includes(refusedName);
          return isAbout && (method === 'POST' || method === 'DELETE') ? failure(422, 'Invalid') : undefined;
        };
        await pod(client, 'web', 'node-1', claims);
        await harness.until(VolumeAttachment, (found) => {
          const volumes = found.map(({ spec }) => spec.source.persistentVolumeName);
          return found.length === 2 && !volumes.includes('pv-refused');
        });
        await client.create(VolumeAttachment, {
          metadata: { name: refusedName },
          spec: { attacher: csi.driver, nodeName: 'node-1', source: { persistentVolumeName: 'pv-refused' } },
        });
        await client.delete(Pod, { name: 'web' }, { gracePeriodSeconds: 0 });
        await harness.until(VolumeAttachment, (found) => found.length === 1 && found[0]?.metadata.name === refusedName);
      },
      {
        async prepare(client) {
          for (const name of ['first', 'refused', 'last']) await boundClaim(client, name, `pv-${name}`, name);
          await node(client, 'node-1');
        },
      },
    ));

  it('tells the node before it detaches, and detaches nothing that the node has begun to mount', () =>
    withHarness(
      controllers,
      async (harness) => {
        const { client, transport } = harness;
        await pod(client, 'web', 'node-1');
        await attachedTo(harness, 'node-1');
        await fulfil(harness, 'node-1');
        await harness.settle();
        transport.writes.length = 0;
        // The caches of the controllers learn of it when the pod is gone already.
        transport.onWatch = async (path) => {
          if (path.includes('/nodes')) await system.sleep(200);
        };
        await client.status(Node).patch({ name: 'node-1' }, { type: 'merge', patch: { status: inUse } });
        await client.delete(Pod, { name: 'web' }, { gracePeriodSeconds: 0 });
        await harness.settle();
        await attachedTo(harness, 'node-1');
        await client
          .status(Node)
          .patch({ name: 'node-1' }, { type: 'merge', patch: { status: { volumesInUse: null } } });
        await attachedTo(harness);
        const [last, before] = transport.writes.toReversed();
        expect(last).toContain('DELETE');
        expect(before).toBe('PATCH /api/v1/nodes/node-1/status');
        expect(transport.writes.filter((write) => write.startsWith('DELETE'))).toHaveLength(1);
      },
      {
        async prepare(client) {
          await boundClaim(client);
          await node(client, 'node-1');
        },
      },
    ));

  it.each([
    [500, 'InternalError'],
    [409, 'Conflict'],
  ])('gets there although every other write fails with %i', (code, reason) =>
    withHarness(
      controllers,
      async (harness) => {
        const { client, transport } = harness;
        transport.fault = (_request, count) => (count % 2 === 0 ? failure(code, reason) : undefined);
        await pod(client, 'web', 'node-1');
        await attachedTo(harness, 'node-1');
        await fulfil(harness, 'node-1');
        await harness.until(Node, ([found]) => found?.status?.volumesAttached?.length === 1);
        await client.delete(Pod, { name: 'web' }, { gracePeriodSeconds: 0 });
        await attachedTo(harness);
        await harness.until(Node, ([found]) => found?.status?.volumesAttached?.length === 0);
      },
      {
        async prepare(client) {
          await boundClaim(client);
          await node(client, 'node-1');
        },
      },
    ),
  );

  it.each([
    ['says nothing any more', (client: Client) => client.get(Node, { name: 'node-1' })],
    ['is gone', (client: Client) => client.delete(Node, { name: 'node-1' })],
  ])('waits six minutes for a node that %s', async (_, happen) => {
    const clock = new FakeClock();
    await withHarness(
      controllers,
      async (harness) => {
        const { client } = harness;
        await happen(client);
        await client.delete(Pod, { name: 'web' }, { gracePeriodSeconds: 0 });
        await harness.settle();
        await clock.advance(5 * minutes);
        await harness.settle();
        await attachedTo(harness, 'node-1');
        await clock.advance(2 * minutes);
        await attachedTo(harness);
      },
      {
        clock,
        async prepare(client) {
          await boundClaim(client);
          await node(client, 'node-1', inUse);
          await pod(client, 'web', 'node-1');
          await client.create(VolumeAttachment, {
            metadata: { name: nameOn('node-1') },
            spec: { attacher: csi.driver, nodeName: 'node-1', source: { persistentVolumeName: 'pv' } },
          });
        },
      },
    );
  });
});
