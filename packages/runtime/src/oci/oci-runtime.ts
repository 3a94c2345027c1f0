import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ProgramOutput, ProgramRunner } from '../programs/program-runner.js';
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
}

const gone = /does not exist|not exist|No such (?:file|process)|not running|already finished|stopped container/i;

/** An OCI runtime with the command line of runc. */
export class CliOciRuntime implements OciRuntime {
  readonly name: string;
  readonly command: OciRuntime['command'];
  readonly #programs: ProgramRunner;

  constructor({ name, program, root, programs }: CliOciRuntimeOptions) {
    this.name = name;
    this.command = { program, args: [`--root=${root}`] };
    this.#programs = programs;
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

  async update(id: string, resources: Omit<OciResources, 'devices'>): Promise<void> {
    await this.#run(['update', '--resources', '-', id], { input: JSON.stringify(resources) });
  }

  #run(args: readonly string[], options: Parameters<ProgramRunner['run']>[2] = {}): Promise<ProgramOutput> {
    return this.#programs.run(this.command.program, [...this.command.args, ...args], options);
  }

  async #unlessGone(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!runtimeErrors.PROGRAM_FAILED.is(error) || !gone.test(error.details.output)) throw error;
    });
  }
}
