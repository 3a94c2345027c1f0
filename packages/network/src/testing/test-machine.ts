import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { InProcessExecutor, ProcessExecutor } from '@kubewright/cni-sdk';
import type { CniJson, PluginOutput } from '@kubewright/cni-sdk';
import { Rtnetlink } from '@kubewright/linux';
import { TemporaryNamespace } from '@kubewright/linux/testing';
import { recordOf } from '@kubewright/core';
import { networkPlugins } from '../daemon/network-plugins.js';
import { HostNetwork } from '../host/host-network.js';

export interface PluginCallOptions {
  /** The plugin's configuration; `cniVersion` 1.0.0, `name` and `type` are added where they are missing. */
  readonly config: CniJson;
  readonly containerId?: string;
  readonly ifName?: string;
  /** Path of the pod's namespace. Default: none. */
  readonly netns?: string;
  readonly arguments?: string;
}

/** A machine with a network namespace of its own, on which plugins run in this process. It needs Linux and root. */
export class TestMachine implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'machine-'));
  readonly space = new TemporaryNamespace();
  readonly host = new HostNetwork({ namespace: this.space.path, stateDirectory: join(this.directory, 'state') });
  readonly plugins = networkPlugins(this.host);
  readonly tables = Rtnetlink.open(this.space);
  readonly #executor = new InProcessExecutor(this.plugins, new ProcessExecutor());
  readonly #pods: TemporaryNamespace[] = [];

  /** Where leases lie. */
  get leases(): string {
    return join(this.directory, 'leases');
  }

  /** A pod's namespace, which lives as long as the machine. */
  pod(): TemporaryNamespace {
    const pod = new TemporaryNamespace();
    this.#pods.push(pod);
    return pod;
  }

  /** Calls one of our plugins. */
  call(type: string, verb: string, options: PluginCallOptions): Promise<PluginOutput> {
    return this.#executor.execute({ type, path: [], ...requestOf(type, verb, options, '/nowhere') });
  }

  /** As `call`, but what failed is an error, and the answer is read. */
  async succeed(type: string, verb: string, options: PluginCallOptions): Promise<CniJson> {
    return accept(`${verb} of ${type}`, await this.call(type, verb, options));
  }

  /** Calls another vendor's plugin, as a process in the machine's namespace. */
  async succeedForeign(directory: string, type: string, verb: string, options: PluginCallOptions): Promise<CniJson> {
    const { environment, stdin } = requestOf(type, verb, options, directory);
    const { stdout, stderr, exitCode } = await this.run([join(directory, type)], { stdin, environment });
    return accept(`${verb} of ${directory}/${type}`, { stdout, stderr, exitCode });
  }

  /** Runs a program in the namespace of the machine, or of a pod. */
  async run(
    command: readonly string[],
    {
      stdin = '',
      environment = {},
      netns = this.space.path,
    }: Partial<Record<'stdin' | 'netns', string>> & {
      readonly environment?: Readonly<Record<string, string | undefined>>;
    } = {},
  ): Promise<PluginOutput> {
    const child = spawn('nsenter', [`--net=${netns}`, ...command], { env: { ...process.env, ...environment } });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 128));
    });
    const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { stdout, stderr, exitCode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tables.close();
    await this.host.close();
    for (const pod of this.#pods) await pod[Symbol.asyncDispose]();
    await this.space[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function requestOf(
  type: string,
  verb: string,
  { config, containerId = 'test', ifName = 'eth0', netns = '', arguments: values = '' }: PluginCallOptions,
  path: string,
): { readonly environment: Record<string, string>; readonly stdin: string } {
  const variables = { CNI_CONTAINERID: containerId, CNI_IFNAME: ifName, CNI_NETNS: netns, CNI_ARGS: values };
  return {
    environment: { ...variables, CNI_COMMAND: verb, CNI_PATH: path },
    stdin: JSON.stringify({ cniVersion: '1.0.0', name: 'test-net', type, ...config }),
  };
}

function accept(what: string, { exitCode, stdout, stderr }: PluginOutput): CniJson {
  if (exitCode !== 0) throw new Error(`${what} failed: ${stdout}${stderr}`);
  return stdout === '' ? {} : recordOf(JSON.parse(stdout));
}
