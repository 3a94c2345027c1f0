import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { NetworkNamespace, readMounts, removeNetworkNamespace, unmount } from '@kubewright/linux';

export interface MachineOptions {
  /** Where everything is kept; the machine removes it. */
  readonly directory: string;
  /** Whether our runtime runs on it. */
  readonly runtime: boolean;
  /** The OCI runtime, where it is not the default. */
  readonly program?: string;
}

/** A program whose input and output are ours, and whose errors show. */
type MachineProcess = ChildProcessByStdio<Writable, Readable, null>;

export interface MachineAddresses {
  /** The URL of the registry. */
  readonly registry: string;
  /** Where pods' networks are configured, and where the plugins for them are. */
  readonly networks: string;
  readonly plugins: string;
  /** The socket of our runtime; empty where it does not run. */
  readonly runtime: string;
}

/** Compiled, or as source where the sources are run. */
const worker = fileURLToPath(new URL(`./machine.worker${extname(import.meta.url)}`, import.meta.url));

/** A machine as far as a judge sees one: a network of its own, a registry with its images, and maybe our runtime. */
export class Machine implements AsyncDisposable {
  readonly directory: string;
  readonly netns: string;
  readonly addresses: MachineAddresses;
  readonly #host: MachineProcess;

  private constructor(directory: string, netns: string, host: MachineProcess, addresses: MachineAddresses) {
    this.directory = directory;
    this.netns = netns;
    this.addresses = addresses;
    this.#host = host;
  }

  static async start(options: Omit<MachineOptions, 'directory'>): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'kw-judged-'));
    // Containers with users of their own have to get through to their files.
    await chmod(directory, 0o711);
    const netns = join(directory, 'netns');
    NetworkNamespace.create(netns).close();
    const host = enter(netns, process.execPath, [
      ...process.execArgv,
      worker,
      JSON.stringify({ ...options, directory } satisfies MachineOptions),
    ]);
    try {
      return new Machine(directory, netns, host, await firstLine(host));
    } catch (error) {
      await cleanUp(directory, netns);
      throw error;
    }
  }

  /** What starts a program in the machine's network. */
  inside(program: string, args: readonly string[]): [file: string, args: string[]] {
    return ['nsenter', [`--net=${this.netns}`, '--', program, ...args]];
  }

  /** Starts a program in the machine's network; its output is piped. */
  spawn(program: string, args: readonly string[]): MachineProcess {
    return enter(this.netns, program, args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#host, 'close');
    this.#host.stdin.end();
    if (this.#host.exitCode === null) await ended;
    await cleanUp(this.directory, this.netns);
  }
}

function enter(netns: string, program: string, args: readonly string[]): MachineProcess {
  return spawn('nsenter', [`--net=${netns}`, '--', program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine(host: MachineProcess): Promise<MachineAddresses> {
  for await (const line of createInterface({ input: host.stdout })) return JSON.parse(line) as MachineAddresses;
  throw new Error('the machine did not start; see above');
}

/** What a judge left running keeps its mounts, which would keep the directory. */
async function cleanUp(directory: string, netns: string): Promise<void> {
  await removeNetworkNamespace(netns);
  const inside = (await readMounts())
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of inside.reverse()) await unmount(path, { detach: true });
  await rm(directory, { recursive: true, force: true });
}
