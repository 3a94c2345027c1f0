/**
 * The directory in which an embedded cluster keeps what outlives its process: credentials and the database. It belongs to
 * one process at a time and to nobody but its owner. What is in the files is their writers' business.
 */
import { access, constants, mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Plugin, errorCode, hasCode, inject, messageOf, token } from '@kubewright/core';
import type { Lifecycle, Token } from '@kubewright/core';
import { clusterErrors } from '../errors/cluster-errors.js';
import { lockDirectory } from './directory-lock.js';
import type { DirectoryLock } from './directory-lock.js';
import { writePrivateFile } from './private-file.js';

/** Where the data directory is; undefined for a cluster that keeps nothing. */
export interface DataPath {
  readonly path: string | undefined;
}

export const DataPath: Token<DataPath> = token('@kubewright/cluster/DataPath');

@Plugin({ name: 'data-directory', stage: 'foundation' })
export class DataDirectory implements Lifecycle {
  /** Absolute; undefined where the cluster keeps nothing. */
  readonly path: string | undefined;
  #lock: DirectoryLock | undefined;

  constructor(@inject(DataPath) { path }: DataPath) {
    this.path = path === undefined ? undefined : resolve(path);
  }

  /** Makes the directory where it is missing, and locks it. */
  async start(): Promise<void> {
    if (this.path === undefined) return;
    const outcome = await prepare(this.path);
    if (typeof outcome === 'number') throw clusterErrors.DATA_DIRECTORY_IN_USE({ path: this.path, pid: outcome });
    this.#lock = outcome;
  }

  async stop(): Promise<void> {
    await this.#lock?.release();
  }

  /** The content of a file, or undefined where there is none (or no directory at all). */
  async read(name: string): Promise<string | undefined> {
    if (this.path === undefined) return undefined;
    try {
      return await readFile(join(this.path, name), 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw unusable(join(this.path, name), error);
    }
  }

  /** Replaces a file as a whole, readable by its owner alone. Keeps nothing where there is no directory. */
  async write(name: string, content: string): Promise<void> {
    if (this.path === undefined) return;
    const path = join(this.path, name);
    await writePrivateFile(path, content).catch((error: unknown) => {
      throw unusable(path, error);
    });
  }
}

async function prepare(path: string): Promise<DirectoryLock | number> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return await lockDirectory(path);
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    throw found?.isDirectory() === false ? unusable(path, { code: 'ENOTDIR' }) : unusable(path, error);
  }
}

const problems: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  EACCES: ['may not be written by this user', 'give the user the right to it, or choose another directory'],
  EPERM: ['may not be written by this user', 'give the user the right to it, or choose another directory'],
  EROFS: ['is on a read-only file system', 'choose a directory on another one'],
  ENOTDIR: ['is not a directory, or lies below a file', 'choose another directory, or move the file away'],
  ENOSPC: ['is on a full file system', 'free space, or choose a directory on another one'],
};

function unusable(path: string, cause: unknown): Error {
  const code = errorCode(cause) ?? '';
  const [problem, fix] = problems[code] ?? [
    `failed with ${code || messageOf(cause)}`,
    'see the cause, or choose another directory',
  ];
  return clusterErrors.DATA_DIRECTORY_UNUSABLE({ path, problem, fix }, { cause });
}
