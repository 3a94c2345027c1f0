import { MetricsRegistry, SystemClock } from '@kubewright/core';
import { FakeDriver, startDriver } from '@kubewright/csi-sdk/testing';
import { expect, it } from 'vitest';
import { DriverConnection } from './driver-connection.js';

it("counts calls of the driver as Kubernetes' sidecars do, under its name once it is known", async () => {
  const metrics = new MetricsRegistry();
  await using started = await startDriver((...services) => new FakeDriver(...services));
  const connection = new DriverConnection(started.socketPath, new SystemClock(), metrics);
  await connection.info(new AbortController().signal);
  await expect(connection.client.controller.createVolume({ name: '' })).rejects.toThrow();
  const [family] = metrics.collect();
  expect(family?.name).toBe('csi_sidecar_operations_seconds');
  expect(family?.samples.map(({ labels, count }) => [...Object.values(labels), count])).toEqual(
    expect.arrayContaining([
      ['unknown-driver', '/csi.v1.Identity/Probe', 'OK', 1],
      [started.driver.name, '/csi.v1.Controller/CreateVolume', 'InvalidArgument', 1],
    ]),
  );
  await connection.stop();
});
