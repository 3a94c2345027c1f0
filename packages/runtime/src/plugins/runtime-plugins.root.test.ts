import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host, SystemClock, contribute } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import { readMounts, unmount } from '@kubewright/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackNetwork } from '../network/loopback-network.js';
import { PodNetwork } from '../network/pod-network.js';
import { findPrograms } from '../programs/find-programs.js';
import { runtimePlugins } from './runtime-plugins.js';

const able =
  process.getuid?.() === 0 &&
  (await findPrograms(process.env['PATH'] ?? '', ['crun', 'conmon']).then(
    () => true,
    () => false,
  ));

describe.skipIf(!able)('the runtime as plugins (needs root, crun and conmon)', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-rtp-'));
  });
  afterEach(async () => {
    const inside = (await readMounts()).map(({ mountPoint }) => mountPoint);
    for (const path of inside.filter((one) => one.startsWith(`${home}/`)).reverse())
      await unmount(path, { detach: true });
    await rm(home, { recursive: true });
  });
  const settings = (more: object = {}) => ({
    address: join(home, 'cri.sock'),
    root: join(home, 'root'),
    state: join(home, 'state'),
    networks: join(home, 'none'),
    ...more,
  });
  const addressOf = async (): Promise<string | undefined> => {
    using client = new CriClient({ address: join(home, 'cri.sock'), clock: new SystemClock() });
    const config = { metadata: { name: 'p', namespace: 'n', uid: 'u', attempt: 0 } };
    const { podSandboxId } = await client.runtime.runPodSandbox({ config });
    const { status } = await client.runtime.podSandboxStatus({ podSandboxId });
    await client.runtime.removePodSandbox({ podSandboxId });
    return status?.network?.ip;
  };

  class Mine extends LoopbackNetwork {
    override readonly name = 'mine';
    override async attach(pod: Parameters<PodNetwork['attach']>[0]): Promise<readonly string[]> {
      await super.attach(pod);
      return ['192.0.2.7'];
    }
  }
  const mine = { name: 'mine', contributes: [contribute(PodNetwork, { value: new Mine() })] };

  it('works with a network that somebody contributes and the settings name, or that replaces the stock one', async () => {
    const named = new Host().use(await runtimePlugins(settings({ network: 'mine' }))).use(mine);
    await named.start();
    expect(await addressOf()).toBe('192.0.2.7');
    await named.stop();
    await using replacing = new Host().use(await runtimePlugins(settings())).use(mine, { replaces: 'cni' });
    await replacing.start();
    expect(await addressOf()).toBe('192.0.2.7');
  });

  it('does not start with a part that nobody contributes', async () => {
    const host = new Host().use(await runtimePlugins(settings({ snapshotter: 'zfs' })));
    await expect(host.start()).rejects.toMatchObject({ cause: { code: 'KW_RUNTIME_PART_UNKNOWN' } });
    await expect(runtimePlugins(settings({ program: 'no-such-oci' }))).rejects.toThrow(/KW_RUNTIME_MISSING_PROGRAM/);
  });
});
