/**
 * Files beyond what Node offers: paths that cannot leave their root, advisory locks, durable directories, device nodes and
 * extended attributes.
 */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Makes the names in a directory durable: a rename or a new file is lost in a power cut before this returned. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a whole file in place at once: readers see the old one or the new one, never a part, and after it returned the new
 * one survives a power cut. A program that is being run can be replaced this way, too.
 *
 * @param temporary - distinguishes the unfinished file from that of another writer; it lies beside the target, hidden.
 */
export async function writeFileDurably(
  path: string,
  content: Uint8Array | string,
  { mode = 0o644, temporary }: { readonly mode?: number; readonly temporary: string },
): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${temporary}`);
  try {
    const handle = await open(unfinished, 'wx', mode);
    try {
      // The mask of the process must not take rights away that were asked for.
      await handle.chmod(mode);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}
