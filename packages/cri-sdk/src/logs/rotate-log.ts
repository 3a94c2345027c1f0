import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface RotateLogOptions {
  /** Bytes from which a log is rotated. A kubelet's default is 10 MiB. */
  readonly maxBytes: number;
  /** How many files are kept, the current one included; at least 2. A kubelet's default is 5. */
  readonly maxFiles: number;
  /** Names the old file: a time, so that names sort, as `20260131-120000`. */
  readonly stamp: string;
  /** Makes the writer go on in a new file: `LogWriter.reopen`, or the runtime's ReopenContainerLog. */
  readonly reopen: () => Promise<void>;
}

/**
 * Rotates a log that has grown too large, as a kubelet does: renames it, has it opened anew, and removes the oldest files.
 * Where opening fails the name is given back, so that nothing that is written later is lost from sight.
 *
 * @returns whether it was rotated.
 */
export async function rotateLog(path: string, options: RotateLogOptions): Promise<boolean> {
  const { size } = await stat(path);
  if (size < options.maxBytes) return false;
  const old = `${path}.${options.stamp}`;
  await rename(path, old);
  try {
    await options.reopen();
  } catch (error) {
    await rename(old, path);
    throw error;
  }
  await prune(path, Math.max(options.maxFiles, 2) - 1);
  return true;
}

async function prune(path: string, kept: number): Promise<void> {
  const prefix = `${basename(path)}.`;
  const directory = dirname(path);
  const old = (await readdir(directory)).filter((name) => name.startsWith(prefix)).sort();
  for (const name of old.slice(0, Math.max(old.length - kept, 0))) await rm(join(directory, name), { force: true });
}
