import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ProgramOutput, ProgramRunner, RunOptions } from '../programs/program-runner.js';
import type { OciResources } from './spec.js';

/** A program that runs containers from OCI bundles. Containers are made by the monitor, which calls it with `command`. */
export interface OciRuntime {
  /** The name that pods choose it by, as their runtime class's handler. */
  readonly name: string;
  /** The program, and what it is always given. */
  readonly command: { readonly program: string; readonly args: readonly string[] };
  start(id: string, signal?: AbortSignal): Promise<void>;
  /** A process that has ended is no error. */
  kill(id: string, signal: string): Promise<void>;
  /** Removes what is left of a container, running or not; one that is missing is no error. */
  delete(id: string): Promise<void>;
  /**
   * The part of `delete` that is left for a container that has ended, by itself or by KILL, and whose control groups are
   * removed already; without starting a program.
   *
   * @returns false where there is more to do: `delete` is called then, as where this method is left out.
   */
  forget?(id: string): Promise<boolean>;
  update(id: string, resources: Omit<OciResources, 'devices'>): Promise<void>;
}

export const OciRuntime: ExtensionPoint<OciRuntime> = extensionPoint('@kubewright/runtime/OciRuntime');

export interface CliOciRuntimeOptions {
  readonly name: string;
  /** A program with the command line of runc, as crun, runc or youki have it. */
  readonly program: string;
  /** Where it keeps its state; on a file system that a reboot empties. */
  readonly root: string;
  readonly programs: ProgramRunner;
  /** How long one call may take, in milliseconds, until it is killed. Default: 30,000. */
  readonly timeout?: number;
}

/** All that crun and runc keep of a container that has no processes and groups. */
const knownState = new Set(['status', 'config.json', 'seccomp.bpf', 'state.json', 'exec.fifo']);

const gone = /does not exist|not exist|No such (?:file|process)|not running|already finished|stopped container/i;

/** An OCI runtime with the command line of runc. */
export class CliOciRuntime implements OciRuntime {
  readonly name: string;
  readonly command: OciRuntime['command'];
  readonly #root: string;
  readonly #programs: ProgramRunner;
  readonly #limits: RunOptions;

  constructor({ name, program, root, programs, timeout }: CliOciRuntimeOptions) {
    this.#root = root;
    this.name = name;
    this.command = { program, args: [`--root=${root}`] };
    this.#programs = programs;
    this.#limits = timeout === undefined ? {} : { timeout };
  }

  async start(id: string, signal?: AbortSignal): Promise<void> {
    await this.#run(['start', id], { ...(signal && { signal }) });
  }

  async kill(id: string, signal: string): Promise<void> {
    await this.#unlessGone(this.#run(['kill', id, signal]));
  }

  async delete(id: string): Promise<void> {
    await this.#unlessGone(this.#run(['delete', '--force', id]));
  }

  /** Not for programs that keep more than is known here. */
  async forget(id: string): Promise<boolean> {
    const state = join(this.#root, id);
    const kept = await readdir(state).catch(() => []);
    if (kept.length === 0 || !kept.every((name) => knownState.has(name))) return false;
    await rm(state, { recursive: true });
    return true;
  }

  async update(id: string, resources: Omit<OciResources, 'devices'>): Promise<void> {
    // From a file: crun opens its input anew for '-', which a socket, as Node gives one, does not let it.
    const directory = await mkdtemp(join(tmpdir(), 'kubewright-update-'));
    try {
      const file = join(directory, 'resources.json');
      await writeFile(file, JSON.stringify(resources), { mode: 0o600 });
      await this.#run(['update', '--resources', file, id]);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  #run(args: readonly string[], options: RunOptions = {}): Promise<ProgramOutput> {
    return this.#programs.run(this.command.program, [...this.command.args, ...args], {
      ...this.#limits,
      called: `${this.name} ${args[0]}`,
      ...options,
    });
  }

  async #unlessGone(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!runtimeErrors.PROGRAM_FAILED.is(error) || !gone.test(error.details.output)) throw error;
    });
  }
}
