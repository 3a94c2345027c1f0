import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import type { Machine } from './machine.js';

/** Where Debian has it. */
export const containerdProgram = '/usr/bin/containerd';

/** How long it may take until it answers, in milliseconds. */
const startTime = 30_000;

/** The distribution's containerd on a machine of its own, with a configuration that leaves out what the machine lacks. */
export class Containerd implements AsyncDisposable {
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(address: string, process: ChildProcess) {
    this.address = address;
    this.#process = process;
  }

  static async isInstalled(): Promise<boolean> {
    return access(containerdProgram).then(
      () => true,
      () => false,
    );
  }

  static async start(machine: Machine): Promise<Containerd> {
    const home = join(machine.directory, 'containerd');
    const hosts = join(home, 'hosts', '_default');
    await mkdir(hosts, { recursive: true });
    const { registry } = machine.addresses;
    await writeFile(join(hosts, 'hosts.toml'), `[host."${registry}"]\n  capabilities = ["pull", "resolve"]\n`);
    const socket = join(home, 'containerd.sock');
    await writeFile(join(home, 'config.toml'), configuration(home, socket, machine));
    const command = machine.inside(containerdProgram, ['--config', join(home, 'config.toml'), '--log-level', 'fatal']);
    const child = spawn(...command, { stdio: 'ignore' });
    const started = new Containerd(`unix://${socket}`, child);
    using client = new CriClient({ address: started.address, clock: new SystemClock(), connectTimeout: startTime });
    await client.runtime.version({});
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGTERM');
    if (this.#process.exitCode === null) await ended;
  }
}

function configuration(home: string, socket: string, machine: Machine): string {
  return `version = 2
root = "${home}/root"
state = "${home}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${machine.addresses.registry.replace('http://', '')}/pause:3.9"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${machine.addresses.plugins}"
    conf_dir = "${machine.addresses.networks}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${home}/hosts"
`;
}
