/**
 * Layers: archives of files that become directories for overlayfs. Neighbours: `content` has the archives, `images` says
 * which belong to an image.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** As the kernel counts, before it takes links for a circle. */
const mostLinks = 40;

/**
 * Where a path leads inside `root`, as if that were the root of the file system: links are followed, absolute ones from the
 * root, and `..` never leads out. The last element is not followed. What does not exist is joined as it is.
 *
 * @returns undefined where links go round in a circle.
 */
export function rootedPath(root: string, path: string): string | undefined {
  let waiting = elements(path);
  let found: string[] = [];
  for (let links = 0; waiting.length > 0;) {
    const [next = '', ...rest] = waiting;
    waiting = rest;
    if (next === '..') {
      found = found.slice(0, -1);
      continue;
    }
    const at = join(root, ...found, next);
    const target = rest.length === 0 ? undefined : linkTarget(at);
    if (target === undefined) {
      found.push(next);
      continue;
    }
    if (++links > mostLinks) return undefined;
    if (target.startsWith('/')) found = [];
    waiting = [...elements(target), ...rest];
  }
  return join(root, ...found);
}

function elements(path: string): string[] {
  return path.split('/').filter((element) => element !== '' && element !== '.');
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
