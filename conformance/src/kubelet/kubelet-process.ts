import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KubeletOptions {
  readonly program: string;
  /** Where it keeps everything. */
  readonly directory: string;
  /** The socket of the container runtime, as a URL. */
  readonly runtime: string;
}

/** The name of the node, with which the names of its static pods end. */
export const nodeName = 'judged';

/** A kubelet without an API server: it runs the pods whose manifests lie in a directory. */
export class KubeletProcess {
  readonly manifests: string;
  readonly #options: KubeletOptions;
  #child: ChildProcess | undefined;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.manifests = join(options.directory, 'manifests');
  }

  /** Where it keeps the certificate that it made for itself. */
  get certificate(): string {
    return join(this.#options.directory, 'pki', 'kubelet.crt');
  }

  async start(): Promise<void> {
    const { program, directory } = this.#options;
    await mkdir(this.manifests, { recursive: true });
    const config = join(directory, 'config.json');
    await writeFile(config, JSON.stringify(this.#configuration()));
    const log = openSync(join(directory, 'kubelet.log'), 'a');
    const args = [
      `--config=${config}`,
      `--root-dir=${join(directory, 'root')}`,
      `--cert-dir=${join(directory, 'pki')}`,
      `--hostname-override=${nodeName}`,
    ];
    this.#child = spawn(program, args, { stdio: ['ignore', log, log] });
    await once(this.#child, 'spawn');
  }

  /** Ends the process; the containers run on. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  /** The last complaints, for a report of what failed; without the one that this machine has no route to others. */
  async lastWords(): Promise<string> {
    const log = await readFile(join(this.#options.directory, 'kubelet.log'), 'utf8');
    const complaints = log.split('\n').filter((line) => /^[EF]/.test(line) && !line.includes('no default routes'));
    return complaints.slice(-5).join('\n');
  }

  #configuration(): object {
    return {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      staticPodPath: this.manifests,
      podLogsDir: join(this.#options.directory, 'pod-logs'),
      containerRuntimeEndpoint: this.#options.runtime,
      address: '127.0.0.1',
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      enableControllerAttachDetach: false,
      registerNode: false,
      // So that a case takes seconds.
      fileCheckFrequency: '1s',
      syncFrequency: '1s',
      // What this machine may lack: cgroup v2, iptables, the right to raise limits, room on its disk.
      failCgroupV1: false,
      makeIPTablesUtilChains: false,
      oomScoreAdj: 0,
      resolvConf: '',
      enforceNodeAllocatable: [],
      localStorageCapacityIsolation: false,
      evictionHard: { 'memory.available': '1Mi' },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
    };
  }
}
