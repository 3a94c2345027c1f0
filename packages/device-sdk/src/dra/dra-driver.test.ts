import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import { createClient } from '@kubewright/grpc';
import { expect, it } from 'vitest';
import { removeCdiSpec, writeCdiSpec } from '../cdi/cdi-spec.js';
import { DRAResourceHealth, HealthStatus } from '../generated/dra/health/v1alpha1/health_pb.js';
import { DRAPlugin } from '../generated/dra/v1/dra_pb.js';
import { DRAPlugin as DRAPluginBeta } from '../generated/dra/v1beta1/dra_pb.js';
import { FakeKubelet } from '../testing/fake-kubelet.js';
import { DraDriver } from './dra-driver.js';
import type { ClaimReference, PreparedDevice } from './claims.js';
import type { DraDriverSettings } from './dra-driver.js';
import type { DeviceHealth } from './dra-health-service.js';

const clock = new SystemClock();
const kind = 'example.com/gpu';

class Gpus extends DraDriver {
  readonly name = 'gpu.example.com';
  override readonly settings: DraDriverSettings;
  readonly cdi: string;

  constructor(kubelet: FakeKubelet) {
    super(clock, silentLogger);
    this.cdi = join(kubelet.deviceDirectory, 'cdi');
    const { registrationDirectory, deviceDirectory: directory } = kubelet;
    this.settings = { directory, registrationDirectory, instance: 'pod-1' };
  }

  override async prepareClaim({ uid, name }: ClaimReference): Promise<readonly PreparedDevice[]> {
    if (name === 'broken') throw new Error('the GPU does not answer');
    const devices = [{ name: uid, containerEdits: { env: [`GPU=${uid}`] } }];
    await writeCdiSpec({ kind, devices }, { random: new SystemRandom(), id: uid, directory: this.cdi });
    return [{ poolName: 'node', deviceName: 'gpu-0', cdiDeviceIds: [`${kind}=${uid}`], shareId: 's' }];
  }

  override async unprepareClaim({ uid }: ClaimReference): Promise<void> {
    await removeCdiSpec(kind, { id: uid, directory: this.cdi });
  }

  override async *watchHealth(): AsyncIterable<readonly DeviceHealth[]> {
    yield [{ poolName: 'node', deviceName: 'gpu-0', health: 'unhealthy', message: 'hot' }];
  }
}

it('a DRA driver is found, prepares claims one by one, and tells the health of its devices', async () => {
  await using kubelet = await FakeKubelet.start();
  const driver = new Gpus(kubelet);
  await driver.start({ signal: new AbortController().signal, fail: () => undefined });
  try {
    const found = await kubelet.plugins((plugins) => plugins.has(driver.name));
    const { type, endpoint, supportedVersions } = found.get(driver.name) ?? {};
    expect([type, supportedVersions]).toEqual([
      'DRAPlugin',
      ['v1.DRAPlugin', 'v1beta1.DRAPlugin', 'v1alpha1.DRAResourceHealth'],
    ]);
    const address = endpoint ?? '';
    using v1 = createClient(DRAPlugin, { address, clock });
    const claims = [
      { uid: 'u1', name: 'fine', namespace: 'n' },
      { uid: 'u2', name: 'broken', namespace: 'n' },
    ];
    for (let time = 0; time < 2; time++) {
      const prepared = (await v1.nodePrepareResources({ claims })).claims;
      expect(prepared.u1?.devices).toMatchObject([{ deviceName: 'gpu-0', cdiDeviceIds: [`${kind}=u1`], shareId: 's' }]);
      expect(prepared.u2).toMatchObject({ devices: [], error: 'the GPU does not answer' });
    }
    const spec = JSON.parse(await readFile(join(driver.cdi, 'example.com-gpu_u1.json'), 'utf8')) as object;
    expect(spec).toMatchObject({ cdiVersion: '0.6.0', kind, devices: [{ name: 'u1' }] });
    using beta = createClient(DRAPluginBeta, { address, clock });
    for (let time = 0; time < 2; time++) {
      expect((await beta.nodeUnprepareResources({ claims })).claims).toMatchObject({
        u1: { error: '' },
        u2: { error: '' },
      });
    }
    expect(await readdir(driver.cdi)).toEqual([]);
    using health = createClient(DRAResourceHealth, { address, clock });
    for await (const { devices } of health.nodeWatchResources({})) {
      expect(devices).toMatchObject([{ health: HealthStatus.UNHEALTHY, message: 'hot' }]);
    }
  } finally {
    await driver.stop();
  }
  await kubelet.plugins((plugins) => !plugins.has(driver.name));
});
