import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CriClient } from '@kubewright/cri-sdk';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podDown, podUp } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

const waits = 'trap "exit 0" TERM; while :; do sleep 0.05; done';

describe.skipIf(missingHere().length > 0)('what programs of a pod see (needs root, crun, conmon)', () => {
  let bed: Testbed;
  beforeAll(async () => {
    bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const runtime = (): CriClient['runtime'] => bed.daemon.client.runtime;
  /** What a script prints in a container of a pod of its own. */
  const run = async (script: string, more: object = {}, pod: object = {}): Promise<string> => {
    const sandboxConfig = { ...bed.podConfig(), ...pod };
    const { podSandboxId } = await runtime().runPodSandbox({ config: sandboxConfig });
    try {
      const request = { podSandboxId, config: bed.containerConfig(waits, more), sandboxConfig };
      const { containerId } = await runtime().createContainer(request);
      await runtime().startContainer({ containerId });
      const cmd = ['/bin/sh', '-c', script];
      const { stdout, stderr } = await runtime().execSync({ containerId, cmd, timeout: 10n });
      return Buffer.concat([stdout, stderr]).toString();
    } finally {
      await runtime().removePodSandbox({ podSandboxId });
    }
  };

  it('volumes below others, and the files of a pod over a volume', async () => {
    const volume = async (name: string): Promise<string> => {
      const path = join(bed.home, name);
      await mkdir(path);
      await writeFile(join(path, 'it'), name);
      return path;
    };
    const [outer, inner, etc] = [await volume('outer'), await volume('inner'), await volume('etc')];
    const mounts = [
      { containerPath: '//data/sub/', hostPath: inner },
      { containerPath: '/data/', hostPath: outer },
      { containerPath: '/etc', hostPath: etc },
    ];
    const text = await run('cat /data/it /data/sub/it /etc/it /etc/hostname', { mounts }, { hostname: 'named' });
    expect(text).toBe('outerinneretcnamed\n');
  });

  it('a root file system that is read-only, with all that the runtime puts there', async () => {
    const files = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/new'];
    const script = `for f in ${files.join(' ')}; do if (echo more >> $f) 2>/dev/null; then echo wrote $f; fi; done; echo x > /dev/shm/x && echo shared`;
    const linux = { securityContext: { readonlyRootfs: true } };
    expect(await run(script, { linux })).toBe('shared\n');
    expect(await run(script)).toBe(`${files.map((file) => `wrote ${file}\n`).join('')}shared\n`);
    expect(await readFile('/etc/hosts', 'utf8')).not.toContain('more\n');
  });

  it("the machine's name in the machine's network, and one name elsewhere", async () => {
    const script = 'echo $HOSTNAME; cat /proc/sys/kernel/hostname /etc/hostname';
    const linux = { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } };
    const node = { hostname: '', linux: { ...bed.podConfig().linux, ...linux } };
    expect(await run(script, { linux }, node)).toBe(`${hostname()}\n`.repeat(3));
    expect(await run(script, {}, { hostname: '' })).toBe('localhost\n'.repeat(3));
  });

  it('devices in a directory that is handed out, and all of the machine for who may do everything', async () => {
    const directory = join(bed.home, 'devices');
    await mkdir(join(directory, 'below'), { recursive: true });
    execFileSync('mknod', [join(directory, 'below', 'nothing'), 'c', '1', '3']);
    const devices = [{ hostPath: directory, containerPath: '/dev/given', permissions: 'rw' }];
    expect(
      await run('echo x > /dev/given/below/nothing && echo wrote; cat /dev/given/below/nothing', { devices }),
    ).toBe('wrote\n');
    execFileSync('mknod', ['-m', '600', `/dev/kw-test-${process.pid}`, 'c', '1', '5']);
    try {
      const isThere = `[ -c /dev/kw-test-${process.pid} ] && [ -c /dev/null ] && echo there`;
      const linux = { securityContext: { privileged: true } };
      expect(await run(isThere, { linux }, { linux: { ...bed.podConfig().linux, ...linux } })).toBe('there\n');
      expect(await run(isThere)).toBe('');
    } finally {
      await rm(`/dev/kw-test-${process.pid}`);
    }
  });

  it('limits that change while they run, one that is taken away and their score among them', async () => {
    const { podSandboxId } = await runtime().runPodSandbox({ config: bed.podConfig() });
    try {
      const resources = { cpuQuota: -1n, cpuPeriod: 100_000n, oomScoreAdj: 500n };
      const config = bed.containerConfig(waits, { linux: { resources } });
      const { containerId } = await runtime().createContainer({ podSandboxId, config });
      await runtime().startContainer({ containerId });
      const files = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max';
      const script = `cat ${files} /proc/1/oom_score_adj /proc/self/oom_score_adj 2>/dev/null`;
      const seen = async (): Promise<string[]> => {
        const { stdout } = await runtime().execSync({ containerId, cmd: ['/bin/sh', '-c', script], timeout: 10n });
        return Buffer.from(stdout)
          .toString()
          .replace(/^max \d+$/m, '-1')
          .replace(/^(\d+) \d+$/m, '$1')
          .split('\n');
      };
      expect(await seen()).toEqual(['-1', '500', '500', '']);
      for (const [linux, quota, score] of [
        [{ cpuQuota: 20_000n, oomScoreAdj: 600n }, '20000', '600'],
        [{ cpuQuota: -1n }, '-1', '600'],
      ] as const) {
        await runtime().updateContainerResources({ containerId, linux });
        expect(await seen()).toEqual([quota, score, score, '']);
      }
    } finally {
      await runtime().removePodSandbox({ podSandboxId });
    }
  });

  it('a limit of bandwidth that is none is refused, and nothing is left of it', async () => {
    const annotations = { 'kubernetes.io/ingress-bandwidth': '10' };
    await expect(run('', {}, { annotations })).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
    expect((await runtime().listPodSandbox({})).items).toEqual([]);
  });

  it('no processes of another pod, whatever container is named as the target', async () => {
    const other = await podUp(bed, waits);
    const namespaceOptions = { pid: NamespaceMode.TARGET, targetId: other.containerId };
    const refused = run('', { linux: { securityContext: { namespaceOptions } } });
    await expect(refused).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
    await podDown(bed, other);
  });
});
