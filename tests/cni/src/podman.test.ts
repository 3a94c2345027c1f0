import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { privileged } from '@kubewright/linux/testing';
import { defaultNetwork } from '@kubewright/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledMachine } from './installed-machine.js';

/** Podman 5 is built without CNI for the most part, and 6 knows it no more. */
function isAble(): boolean {
  const program = '/usr/bin/podman';
  if (!privileged() || !existsSync(program) || !existsSync('/usr/sbin/runc')) return false;
  return / [34]\./.test(execFileSync(program, ['--version'], { encoding: 'utf8' }));
}

/** As any podman does, it mounts namespaces under `/run/netns` and keeps results in `/var/lib/cni`; both end with the container. */
describe.skipIf(!isAble())('podman with its CNI backend (needs root, podman 3 or 4, and runc)', () => {
  let machine: InstalledMachine;
  const podman = (...words: readonly string[]): ReturnType<InstalledMachine['run']> => {
    const places = [
      '--root',
      machine.path('podman'),
      '--runroot',
      machine.path('podman-run'),
      '--tmpdir',
      machine.path('podman-tmp'),
    ];
    const program = ['podman', ...places, '--storage-driver', 'vfs', '--runtime', 'runc', ...words];
    return machine.run(program, { environment: { CONTAINERS_CONF: machine.path('containers.conf') } });
  };
  const run = (...words: readonly string[]): ReturnType<typeof podman> =>
    podman('run', '--network', 'kubewright', '--volume', '/usr:/usr:ro', ...words);

  beforeAll(async () => {
    machine = await InstalledMachine.install(defaultNetwork(['10.72.0.0/24', 'fd72::/64']));
    machine.makeRoot();
    const config = `[network]
network_backend = "cni"
cni_plugin_dirs = ["${machine.path('bin')}"]
network_config_dir = "${machine.path('net.d')}"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
`;
    writeFileSync(machine.path('containers.conf'), config);
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  it('connects a container, and releases it', async () => {
    const { stdout, stderr } = await run('--rm', '--rootfs', machine.path('root'), '/usr/sbin/ip', '-o', 'address');
    expect(stdout, stderr).toMatch(/eth0 +inet 10\.72\.0\.2\/24/);
    expect(stdout).toMatch(/eth0 +inet6 fd72::2\/64/);
    expect(machine.given()).toEqual([]);
  });

  it('leads a published port to the container until it is removed', async () => {
    const serve = 'require("net").createServer((s) => s.end("here")).listen(80)';
    const words = [
      '--volume',
      `${process.execPath}:/tmp/node:ro`,
      '--rootfs',
      machine.path('root'),
      '/tmp/node',
      '-e',
      serve,
    ];
    const started = await run('--detach', '--name', 'two', '--publish', '8080:80', ...words);
    expect(started.exitCode, started.stderr).toBe(0);
    const ask = async (): Promise<string> =>
      (await machine.run(['timeout', '2', 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/8080 && cat <&3'])).stdout;
    await expect.poll(ask, { timeout: 10_000 }).toBe('here');
    await podman('rm', '--force', '--time', '0', 'two');
    expect(await ask()).toBe('');
    expect(machine.given()).toEqual([]);
    expect(await machine.tables.links({ kind: 'veth' })).toEqual([]);
  });
});
