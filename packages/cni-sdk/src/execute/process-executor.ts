import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, hasCode } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';
import { outputLimit, tooLarge } from './executor.js';
import type { PluginCall, PluginExecutor, PluginOutput } from './executor.js';

/** A plugin that is just being replaced cannot be started for a moment; the reference library tries as often. */
const busyAttempts = 5;
const busyPause = 1000;

export interface ProcessExecutorOptions {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Variables beside `CNI_*`. Default: those of this process. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Starts plugins as processes, without a shell. An aborted call kills its process. */
export class ProcessExecutor implements PluginExecutor {
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;

  constructor({ clock = new SystemClock(), environment = process.env }: ProcessExecutorOptions = {}) {
    this.#clock = clock;
    // A plugin that delegates must not hand its own request's variables on by accident.
    this.#environment = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('CNI_')));
  }

  async execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput> {
    const executable = await findPlugin(call.type, call.path);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#start(executable, call, signal);
      } catch (error) {
        if (!hasCode(error, 'ETXTBSY') || attempt === busyAttempts) throw error;
        await this.#clock.sleep(busyPause, signal);
      }
    }
  }

  #start(executable: string, call: PluginCall, signal: AbortSignal | undefined): Promise<PluginOutput> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const child = spawn(executable, [], {
        env: { ...this.#environment, ...call.environment },
        stdio: 'pipe',
        shell: false,
        ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
      });
      child.on('error', reject);
      // A program that could not be started may have no pipes, whatever the types say: so it is without free descriptors.
      if (child.pid === undefined) return;
      // What it started may keep its output open for ever.
      const kill = (): void => {
        child.kill('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let size = 0;
      const collect = (into: Buffer[]) => (chunk: Buffer) => {
        size += chunk.length;
        if (size <= outputLimit) into.push(chunk);
        else kill();
      };
      child.stdout.on('data', collect(stdout));
      child.stderr.on('data', collect(stderr));
      // A plugin may end without reading what it is sent.
      child.stdin.on('error', () => undefined);
      child.stdin.end(call.stdin);
      child.on('close', (code, killedBy) => {
        if (size > outputLimit) reject(tooLarge(call.type));
        else {
          const said = Buffer.concat(stderr).toString();
          resolve({
            exitCode: code ?? 128,
            stdout: Buffer.concat(stdout).toString(),
            stderr: killedBy === null ? said : `${said}killed by ${killedBy}`,
          });
        }
      });
    });
  }
}

/** The executable of a type. @throws CniError 7 for a type that is a path, 5 where no directory has it. */
export async function findPlugin(type: string, path: readonly string[]): Promise<string> {
  if (type === '' || type === '.' || type === '..' || /[/\0]/.test(type)) {
    throw CniError.invalidConfig('type', `'${type}' must be the name of a plugin, not a path`);
  }
  for (const directory of path) {
    const candidate = join(directory, type);
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // It is in another directory, or in none.
    }
  }
  throw new CniError(
    cniErrorCode.ioFailure,
    `there is no plugin '${type}' in ${path.length === 0 ? 'the empty CNI_PATH' : path.join(':')}`,
  );
}
