import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import { detectCgroups } from '@kubewright/linux';
import type { PodNetworkSetup } from './networks.js';

/** A runtime in a process of its own. */
export interface RunningRuntime extends AsyncDisposable {
  readonly client: CriClient;
  readonly pid: number;
  /** Whether a command line is that of a process that the runtime keeps for containers. */
  keeps(commandLine: string): boolean;
}

const clock = new SystemClock();

/** Our runtime, by the command line that people have. */
export async function startOurs(directory: string, network: PodNetworkSetup): Promise<RunningRuntime> {
  mkdirSync(directory, { recursive: true });
  const program = fileURLToPath(new URL('../../../packages/cli/bin/kubewright.js', import.meta.url));
  const socket = join(directory, 'ours.sock');
  const options = {
    address: socket,
    root: join(directory, 'root'),
    state: join(directory, 'state'),
    networks: network.configurations,
    cni: network.plugins,
    control: join(directory, 'control', 's'),
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [program, 'runtime', 'serve', ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: directory,
  });
  return serving(child, socket, (line) => line.startsWith('conmon\0') && line.includes(`${directory}/`));
}

/** containerd with crun, where crun can work: on a hybrid machine the version 2 tree is hidden from it. */
export async function startContainerd(
  directory: string,
  network: PodNetworkSetup,
  pause: string,
): Promise<RunningRuntime> {
  mkdirSync(directory, { recursive: true });
  const socket = join(directory, 'containerd.sock');
  const settings = join(directory, 'config.toml');
  writeFileSync(settings, configuration(directory, socket, network, pause));
  const { version, unified } = await detectCgroups();
  const hidden = version === 'hybrid' && unified !== undefined ? `umount '${unified}' && ` : '';
  const command = `${hidden}exec containerd --config '${settings}' --log-level error`;
  // What it starts for pods tells of each start, however quiet it is itself.
  const log = openSync(join(directory, 'log'), 'w');
  const child = spawn('unshare', ['--mount', 'sh', '-c', command], { stdio: ['ignore', log, log] });
  closeSync(log);
  const isShim = (line: string): boolean => line.includes('containerd-shim-runc-v2\0') && line.includes(socket);
  // The process that holds a pod's namespaces counts, too.
  return serving(child, socket, (line) => isShim(line) || line.startsWith('/bin/sleep\0infinity\0'));
}

async function serving(child: ChildProcess, address: string, keeps: RunningRuntime['keeps']): Promise<RunningRuntime> {
  const client = new CriClient({ address, clock, connectTimeout: 1_000 });
  for (let tries = 0; ; tries++) {
    try {
      await client.runtime.version({});
      break;
    } catch (error) {
      if (tries > 100 || child.exitCode !== null) throw error;
      await clock.sleep(100);
    }
  }
  const stop = async (): Promise<void> => {
    client.close();
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { client, pid: child.pid ?? 0, keeps, [Symbol.asyncDispose]: stop };
}

function configuration(directory: string, socket: string, network: PodNetworkSetup, pause: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
address = "${socket}"
[${cri}]
sandbox_image = "${pause}"
disable_apparmor = true
restrict_oom_score_adj = true
[${cri}.cni]
bin_dir = "${network.plugins}"
conf_dir = "${network.configurations}"
[${cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "crun"
[${cri}.containerd.runtimes.crun]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.crun.options]
BinaryName = "crun"
SystemdCgroup = false
`;
}

/** Resident memory of processes by their command lines, in MB. */
export function residentMemory(chosen: (commandLine: string, pid: number) => boolean): number {
  let kibibytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!chosen(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), Number(pid))) continue;
      kibibytes += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It has ended.
    }
  }
  return (kibibytes * 1024) / 1e6;
}
