import { stat } from 'node:fs/promises';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaimStatus } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { VolumeAttributesClass } from '@kubewright/api/storage/v1';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';

async function start() {
  const storage = await StorageCluster.start();
  const { client, cluster } = storage;
  const attributesClass = (name: string, parameters: Record<string, string>) =>
    client.create(VolumeAttributesClass, { metadata: { name }, driverName, parameters });
  await storage.storageClass('fast');
  await attributesClass('private', { directoryMode: '0700' });
  await attributesClass('open', { directoryMode: '0755' });
  await attributesClass('impossible', { color: 'red' });
  await storage.claim('data', { volumeAttributesClassName: 'private' });
  const change = (volumeAttributesClassName: string) =>
    client.patch(
      PersistentVolumeClaim,
      { name: 'data' },
      { type: 'merge', patch: { spec: { volumeAttributesClassName } } },
    );
  const until = (expectation: (status: PersistentVolumeClaimStatus) => void) =>
    cluster.eventually(async () =>
      expectation((await client.get(PersistentVolumeClaim, { name: 'data' })).status ?? {}),
    );
  const settledOn = (name: string) =>
    until((status) => {
      expect(status.currentVolumeAttributesClassName).toBe(name);
      expect(status).not.toHaveProperty('modifyVolumeStatus');
      expect(status.conditions ?? []).toEqual([]);
    });
  const mode = async () => (await stat(storage.filesOf(await storage.bound('data')))).mode & 0o777;
  await storage.bound('data');
  await settledOn('private');
  return {
    storage,
    client,
    attributesClass,
    change,
    until,
    settledOn,
    mode,
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

describe('a bound claim that names another VolumeAttributesClass', () => {
  it('has its volume modified', async () => {
    await using world = await start();
    expect(await world.mode()).toBe(0o700);
    await world.change('open');
    await world.settledOn('open');
    expect(await world.mode()).toBe(0o755);
    expect((await world.storage.bound('data')).spec?.volumeAttributesClassName).toBe('open');
    const { items } = await world.client.list(Event, { namespace: 'default' });
    expect(items.map(({ reason }) => reason)).toContain('VolumeModifySuccessful');
  });

  it('is told what is infeasible, and can go back', async () => {
    await using world = await start();
    await world.change('impossible');
    await world.until((status) => {
      expect(status.modifyVolumeStatus).toEqual({
        status: 'Infeasible',
        targetVolumeAttributesClassName: 'impossible',
      });
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'ModifyVolumeError', status: 'True', reason: 'InvalidArgument' }),
      );
      expect(status.currentVolumeAttributesClassName).toBe('private');
    });
    await world.change('private');
    await world.settledOn('private');
  });

  it('waits for a class that is not there yet', async () => {
    await using world = await start();
    await world.change('later');
    await world.until((status) => expect(status.modifyVolumeStatus).toEqual({ status: 'Pending' }));
    await world.attributesClass('later', { directoryMode: '0711' });
    await world.settledOn('later');
    expect(await world.mode()).toBe(0o711);
  });
});
