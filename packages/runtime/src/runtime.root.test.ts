import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import { SpdyClient, describeRuntimeContract } from '@kubewright/cri-sdk/testing';
import type { RuntimeSubject } from '@kubewright/cri-sdk/testing';
import {
  ContainerState,
  NamespaceMode,
  PodSandboxState,
  SecurityProfile_ProfileType as ProfileType,
} from '@kubewright/cri-sdk/v1';
import { mount, readMounts, unmount } from '@kubewright/linux';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContainerRuntime } from './runtime.js';
import { FakeRegistry } from './testing/fake-registry.js';
import { shellLayer } from './testing/shell-image.js';

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const able = process.getuid?.() === 0 && has('crun') && has('conmon');
const shell = (script: string): string[] => ['/bin/sh', '-c', script];
const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done';

describe.skipIf(!able)('the container runtime (needs root, crun and conmon)', () => {
  const clock = new SystemClock();
  let home: string;
  let registry: FakeRegistry;
  let image: string;
  let runtime: ContainerRuntime;
  let client: CriClient;

  const start = async (): Promise<void> => {
    runtime = await ContainerRuntime.start({
      address: join(home, 'cri.sock'),
      root: join(home, 'root'),
      state: join(home, 'state'),
      clock,
      random: new SystemRandom(),
    });
    client = new CriClient({ address: runtime.address, clock });
  };
  const stop = async (): Promise<void> => {
    client.close();
    await runtime.stop();
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-rt-'));
    // Users of pods have to get through to their files.
    await chmod(home, 0o711);
    registry = await new FakeRegistry().start();
    image = await registry.push('test/shell', '1', [shellLayer(['sh', 'sleep', 'cat', 'id', 'stty'])], {
      config: { Cmd: ['/bin/sh'], Env: ['A=image', 'B=image'] },
    });
    await start();
  });
  afterAll(async () => {
    await stop();
    await registry[Symbol.asyncDispose]();
    const inside = (await readMounts())
      .map(({ mountPoint }) => mountPoint)
      .filter((path) => path.startsWith(`${home}/`));
    for (const path of inside.reverse()) await unmount(path, { detach: true });
    await rm(home, { recursive: true });
  });

  const subject = (): RuntimeSubject => ({
    client,
    image,
    missingImage: `${registry.host}/none/none:1`,
    commands: {
      wait: shell(forever),
      exit: (code) => shell(`exit ${code}`),
      print: (word, stream) => shell(`echo ${word}${stream === 'stderr' ? ' >&2' : ''}`),
    },
    logDirectory: join(home, 'logs'),
    [Symbol.asyncDispose]: async () => undefined,
  });

  describeRuntimeContract({ describe, it }, async () => subject());

  let pods = 0;
  const pod = async (linux: object = {}): Promise<string> => {
    const config = {
      metadata: { name: 'p', namespace: 'n', uid: `u${pods++}`, attempt: 0 },
      hostname: 'pod-name',
      logDirectory: join(home, 'logs', `p${pods}`),
      dnsConfig: { servers: ['10.0.0.10'], searches: ['a.b'], options: ['ndots:5'] },
      linux,
    };
    return (await client.runtime.runPodSandbox({ config })).podSandboxId;
  };
  const container = async (podSandboxId: string, script: string, config: object = {}): Promise<string> => {
    const { imageRef } = await client.images.pullImage({ image: { image } });
    const request = {
      podSandboxId,
      config: {
        metadata: { name: 'c', attempt: 0 },
        image: { image: imageRef },
        command: shell(script),
        logPath: 'c.log',
        linux: {},
        ...config,
      },
    };
    const { containerId } = await client.runtime.createContainer(request);
    await client.runtime.startContainer({ containerId });
    return containerId;
  };
  const run = async (podSandboxId: string, script: string, config: object = {}): Promise<string> => {
    const containerId = await container(podSandboxId, forever, config);
    const { stdout, stderr } = await client.runtime.execSync({ containerId, cmd: shell(script), timeout: 10n });
    await client.runtime.removeContainer({ containerId });
    return Buffer.concat([stdout, stderr]).toString();
  };
  const state = async (containerId: string) => (await client.runtime.containerStatus({ containerId })).status;

  it('gives containers what the pod says: name, resolver, user, environment, rights, filters', async () => {
    const podSandboxId = await pod({
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80', 'kernel.shm_rmid_forced': '1' },
    });
    const script =
      'cat /proc/sys/kernel/hostname /etc/resolv.conf /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced; id; echo $A $B; cat /proc/self/status';
    const security = {
      runAsUser: { value: 1000n },
      noNewPrivs: true,
      seccomp: { profileType: ProfileType.RuntimeDefault },
    };
    const text = await run(podSandboxId, script, {
      envs: [{ key: 'B', value: Buffer.from('pod') }],
      linux: { securityContext: security },
    });
    expect(text).toContain('pod-name\nsearch a.b\nnameserver 10.0.0.10\noptions ndots:5\n80\n1\n');
    expect(text).toMatch(/uid=1000\S* gid=1001\S* groups=1001\S*,2000/);
    expect(text).toContain('image pod\n');
    expect(text).toMatch(/NoNewPrivs:\s1/);
    expect(text).toMatch(/Seccomp:\s2/);
    expect(text).toMatch(/CapEff:\s0{16}/);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('shares the network and shared memory of a pod, and nothing of it with another', async () => {
    const ids = await Promise.all([pod(), pod()]);
    const links = await Promise.all(
      ids.map((id) =>
        run(
          id,
          'cat /proc/self/mountinfo | while read a b c d e f; do case "$e" in /dev/shm) echo $c;; esac; done; cat /proc/net/dev',
        ),
      ),
    );
    expect(links[0]?.split('\n')[0]).not.toBe(links[1]?.split('\n')[0]);
    expect(links[0]).toMatch(/lo:/);
    await Promise.all(ids.map((podSandboxId) => client.runtime.removePodSandbox({ podSandboxId })));
  });

  it('tells when memory ran out', async () => {
    const podSandboxId = await pod();
    const id = await container(podSandboxId, 'a=x; while :; do a="$a$a"; done', {
      linux: { resources: { memoryLimitInBytes: 16n * 1024n * 1024n, memorySwapLimitInBytes: 16n * 1024n * 1024n } },
    });
    await expect.poll(async () => (await state(id))?.state, { timeout: 5_000 }).toBe(ContainerState.CONTAINER_EXITED);
    expect(await state(id)).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('tells when a container could not be started', async () => {
    const podSandboxId = await pod();
    await expect(container(podSandboxId, '', { command: ['/no/such/program'] })).rejects.toThrow();
    const { containers } = await client.runtime.listContainers({ filter: { podSandboxId } });
    expect(await state(containers[0]?.id ?? '')).toMatchObject({
      state: ContainerState.CONTAINER_EXITED,
      reason: 'StartError',
      exitCode: 128,
    });
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('streams a command through SPDY, and reopens logs', async () => {
    const podSandboxId = await pod();
    const containerId = await container(podSandboxId, `echo one; ${forever}`);
    const { url } = await client.runtime.exec({ containerId, cmd: ['/bin/cat'], stdin: true, stdout: true });
    const spdy = await SpdyClient.connect(url, ['v4.channel.k8s.io']);
    const [error, stdin, stdout] = await Promise.all(
      ['error', 'stdin', 'stdout'].map((streamType) => spdy.open({ streamType })),
    );
    stdin?.write('hello', true);
    await error?.ended;
    expect([stdout?.text(), JSON.parse(error?.text() ?? '')]).toMatchObject(['hello', { status: 'Success' }]);
    const { status } = await client.runtime.containerStatus({ containerId });
    expect(await readFile(status?.logPath ?? '', 'utf8')).toMatch(/ stdout F one\n$/);
    await rm(status?.logPath ?? '');
    await client.runtime.reopenContainerLog({ containerId });
    await expect.poll(() => readFile(status?.logPath ?? '', 'utf8').catch(() => 'missing')).toBe('');
    const { stats } = await client.runtime.containerStats({ containerId });
    expect(stats?.cpu?.usageCoreNanoSeconds?.value).toBeGreaterThan(0n);
    expect(stats?.memory?.workingSetBytes?.value).toBeGreaterThan(0n);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('attaches to output, and forwards ports into the network of a pod', async () => {
    const podSandboxId = await pod();
    const containerId = await container(podSandboxId, 'while :; do echo tick; sleep 0.1; done');
    const attached = await client.runtime.attach({ containerId, stdout: true });
    const watching = await SpdyClient.connect(attached.url, ['v4.channel.k8s.io']);
    const [, stdout] = await Promise.all(['error', 'stdout'].map((streamType) => watching.open({ streamType })));
    await expect.poll(() => stdout?.text(), { timeout: 4_000 }).toMatch(/tick\n/);
    watching.close();

    const netns = join(home, 'state', 'ns', podSandboxId, 'net');
    const code = "require('net').createServer((s) => s.on('data', (d) => s.end('got ' + d))).listen(8080, '127.0.0.1')";
    const server = spawn('nsenter', [`--net=${netns}`, '--', process.execPath, '-e', code], { stdio: 'ignore' });
    try {
      const { url } = await client.runtime.portForward({ podSandboxId });
      const forward = await SpdyClient.connect(url, ['portforward.k8s.io']);
      const ask = async (port: number, requestID: string): Promise<string> => {
        const streams = await Promise.all(
          ['error', 'data'].map((streamType) => forward.open({ streamType, port: `${port}`, requestID })),
        );
        streams[1]?.write('it');
        await Promise.race(streams.map((stream) => stream.ended));
        return streams.map((stream) => stream.text()).join('');
      };
      let tries = 0;
      await expect.poll(() => ask(8080, `${tries++}`), { timeout: 4_000 }).toBe('got it');
      expect(await ask(8081, 'refused')).toMatch(/forwarding to port 8081: .*ECONNREFUSED/);
      forward.close();
    } finally {
      server.kill('SIGKILL');
    }
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('kills a command and what it started when its time is over', async () => {
    const podSandboxId = await pod();
    const containerId = await container(podSandboxId, forever);
    const cmd = shell('(sleep 4242 & sleep 4242); echo never');
    await expect(client.runtime.execSync({ containerId, cmd, timeout: 1n })).rejects.toMatchObject({ status: 4 });
    const commands = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    expect(commands.filter((command) => command.includes('4242'))).toEqual([]);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('takes containers over after a restart, and learns of what ended meanwhile', async () => {
    const podSandboxId = await pod();
    const runs = await container(podSandboxId, forever, { metadata: { name: 'runs' }, logPath: 'runs.log' });
    const ends = await container(podSandboxId, 'sleep 0.5; exit 9', {
      metadata: { name: 'ends' },
      logPath: 'ends.log',
    });
    await stop();
    await clock.sleep(700);
    await start();
    expect(await state(runs)).toMatchObject({ state: ContainerState.CONTAINER_RUNNING });
    expect(await state(ends)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 9, reason: 'Error' });
    await client.runtime.stopContainer({ containerId: runs, timeout: 5n });
    expect(await state(runs)).toMatchObject({ exitCode: 0, reason: 'Completed' });
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('gives commands a terminal, and joins clients with the first process', async () => {
    const podSandboxId = await pod();
    const script = 'read word; echo "got $word"; echo "on stderr" >&2';
    const containerId = await container(podSandboxId, script, { stdin: true, stdinOnce: true });
    const join = async (url: string, types: readonly string[]) => {
      const spdy = await SpdyClient.connect(url, ['v4.channel.k8s.io']);
      return Promise.all(types.map((streamType) => spdy.open({ streamType })));
    };
    // crun starts the command and sets the size at the same time: the first look may come too early.
    const waits = 'until [ "$(stty size 2>/dev/null)" = "37 91" ]; do :; done; read word; echo "$word on $(stty size)"';
    const streams = { stdin: true, stdout: true };
    const exec = await client.runtime.exec({ containerId, cmd: shell(waits), ...streams, tty: true });
    const [error, stdin, stdout, resize] = await join(exec.url, ['error', 'stdin', 'stdout', 'resize']);
    resize?.write('{"Width":91,"Height":37}');
    stdin?.write('typed\n');
    await error?.ended;
    expect([stdout?.text(), JSON.parse(error?.text() ?? '')]).toMatchObject([
      'typed\r\ntyped on 37 91\r\n',
      { status: 'Success' },
    ]);
    const attach = await client.runtime.attach({ containerId, ...streams, stderr: true });
    const [, input, output, errors] = await join(attach.url, ['error', 'stdin', 'stdout', 'stderr']);
    input?.write('it\n');
    await errors?.ended;
    expect([output?.text(), errors?.text()]).toEqual(['got it\n', 'on stderr\n']);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('gives pods users of their own, and processes that they share', async () => {
    const mapping = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
    const usernsOptions = { mode: NamespaceMode.POD, uids: mapping, gids: mapping };
    const namespaceOptions = { pid: NamespaceMode.POD, usernsOptions };
    const podSandboxId = await pod({ securityContext: { namespaceOptions } });
    const linux = { securityContext: { namespaceOptions } };
    const hostPath = join(home, 'mapped');
    await mkdir(hostPath);
    const { imageRef } = await client.images.pullImage({ image: { image } });
    const mounts = [
      { containerPath: '/mapped', hostPath, uidMappings: mapping, gidMappings: mapping },
      { containerPath: '/of-image', readonly: true, image: { image: imageRef } },
    ];
    const first = await container(podSandboxId, forever, { metadata: { name: 'first' }, linux });
    const { info } = await client.runtime.containerStatus({ containerId: first, verbose: true });
    expect(await readFile(`/proc/${info['pid']}/status`, 'utf8')).toMatch(/^Uid:\s100000\s/m);
    const script =
      'cat /proc/self/uid_map /proc/1/comm; echo x > /new; echo x > /mapped/new; for f in /bin/cat /new /mapped/new /of-image/bin/cat; do [ -O $f ] && echo $f; done';
    const text = await run(podSandboxId, script, { linux, mounts });
    expect(text.replaceAll(/ +/g, ' ').split('\n')).toEqual([
      ' 0 100000 65536',
      'pause',
      '/bin/cat',
      '/new',
      '/mapped/new',
      '/of-image/bin/cat',
      '',
    ]);
    expect((await stat(join(hostPath, 'new'))).uid).toBe(0);
    const pause = Number(await readFile(join(home, 'state/pauses', podSandboxId, 'pid'), 'utf8'));
    process.kill(pause, 'SIGKILL');
    const ready = async () => (await client.runtime.podSandboxStatus({ podSandboxId })).status?.state;
    await expect.poll(ready, { timeout: 5_000 }).toBe(PodSandboxState.SANDBOX_NOTREADY);
    expect(await state(first)).toMatchObject({ state: ContainerState.CONTAINER_EXITED });
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('mounts parts of images, and directories that are read-only with all below them', async () => {
    const podSandboxId = await pod();
    const { imageRef } = await client.images.pullImage({ image: { image } });
    const hostPath = join(home, 'volume');
    const below = join(hostPath, 'below');
    await mkdir(below, { recursive: true });
    await mount({ fileSystem: 'tmpfs', source: 'tmpfs', target: below });
    const ofImage = { containerPath: '/of-image', readonly: true, image: { image: imageRef } };
    const mounts = [
      { ...ofImage, imageSubPath: 'etc' },
      { containerPath: '/volume', hostPath, readonly: true, recursiveReadOnly: true },
    ];
    const script = 'cat /of-image/group; (echo x > /of-image/new) 2>&1; (echo x > /volume/below/new) 2>&1';
    const readOnly = /Read-only file system/g;
    const text = await run(podSandboxId, script, { mounts });
    expect([text.includes('extra:x:2000:user'), text.match(readOnly)?.length]).toEqual([true, 2]);
    const missing = container(podSandboxId, '', { mounts: [{ ...ofImage, imageSubPath: 'none' }] });
    await expect(missing).rejects.toThrow(/names nothing in the image/);
    await unmount(below);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('tells what pods use, as statistics and as metrics', async () => {
    const podSandboxId = await pod();
    const containerId = await container(podSandboxId, forever);
    const { stats } = await client.runtime.podSandboxStats({ podSandboxId });
    expect(stats?.linux).toMatchObject({ process: { processCount: { value: expect.any(BigInt) as bigint } } });
    expect(stats?.linux?.containers.map(({ attributes }) => attributes?.id)).toEqual([containerId]);
    const { descriptors } = await client.runtime.listMetricDescriptors({});
    const { podMetrics } = await client.runtime.listPodSandboxMetrics({});
    const metrics = podMetrics.find((one) => one.podSandboxId === podSandboxId)?.containerMetrics[0]?.metrics ?? [];
    const labels = new Map(descriptors.map(({ name, labelKeys }) => [name, labelKeys.length]));
    expect(metrics.length).toBeGreaterThan(30);
    for (const { name, labelValues } of metrics) expect([name, labelValues.length]).toEqual([name, labels.get(name)]);
    await client.runtime.removePodSandbox({ podSandboxId });
  });

  it('leaves nothing behind', async () => {
    const { items } = await client.runtime.listPodSandbox({});
    for (const { id } of items) await client.runtime.removePodSandbox({ podSandboxId: id });
    for (const directory of [
      'state/ns',
      'state/bundles',
      'state/pods',
      'state/pauses',
      'state/mounts',
      'state/exits',
      'state/exec',
      'root/o/roots',
      'root/containers',
      'root/sandboxes',
    ]) {
      expect([directory, await readdir(join(home, directory))]).toEqual([directory, []]);
    }
    const left = (await readMounts()).filter(
      ({ mountPoint, fileSystem }) => mountPoint.startsWith(home) && ['overlay', 'nsfs', 'tmpfs'].includes(fileSystem),
    );
    expect(left.map(({ mountPoint }) => mountPoint).filter((path) => !path.includes('/host/'))).toEqual([]);
  });
});
