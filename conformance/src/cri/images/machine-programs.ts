/** Programs of this machine as files of an image, so that images can be made without a network. */
import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ImageFile } from './image-archive.js';

const run = promisify(execFile);

/** A program with the libraries that it loads. */
export async function programFiles(path: string, target: string, mode = 0o755): Promise<ImageFile[]> {
  // A static program loads none, and ldd fails.
  const { stdout } = await run('ldd', [path]).catch((error: { readonly stderr?: string }) => {
    if (error.stderr?.includes('not a dynamic executable') === true) return { stdout: '' };
    throw error;
  });
  // `name => /path (address)` for libraries, `/path (address)` for the loader.
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, library = '']) => library);
  return [
    { name: target, content: await readFile(await realpath(path)), mode },
    ...(await Promise.all(
      libraries.map(async (library) => ({
        name: library.slice(1),
        content: await readFile(await realpath(library)),
        mode: 0o755,
      })),
    )),
  ];
}

/** The names under which busybox is called. */
export async function appletNames(busybox: string): Promise<string[]> {
  const { stdout } = await run(busybox, ['--list']);
  // Some list themselves; a file is no link to itself.
  return stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
}
