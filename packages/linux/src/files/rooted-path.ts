import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@kubewright/core';

/** As the kernel counts, before it takes links for a circle. */
const mostLinks = 40;

/**
 * Where a path leads inside `root`, as if that were the root of the file system: links are followed, absolute ones from the
 * root, and `..` never leads out. The last element is not followed. What does not exist is joined as it is. Nobody else may
 * change the tree meanwhile; where somebody may, the functions that open what they find are the right ones.
 *
 * @param encoding - how bytes of names stand in the strings. `latin1`, for names that need be no text: a character is a byte
 * then, in `root` and in what is answered, too. Default: utf8.
 * @returns undefined where links go round in a circle.
 */
export function rootedPath(root: string, path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string | undefined {
  // The last elements come first, so that taking the next costs nothing.
  const waiting = elements(path).reverse();
  const found: string[] = [];
  for (let links = 0; waiting.length > 0;) {
    const next = waiting.pop() ?? '';
    if (next === '..') {
      found.pop();
      continue;
    }
    const at = join(root, ...found, next);
    const target = waiting.length === 0 ? undefined : linkTarget(at, encoding);
    if (target === undefined) {
      found.push(next);
      continue;
    }
    if (++links > mostLinks) return undefined;
    if (target.startsWith('/')) found.length = 0;
    waiting.push(...elements(target).reverse());
  }
  return join(root, ...found);
}

function elements(path: string): string[] {
  return path.split('/').filter((element) => element !== '' && element !== '.');
}

function linkTarget(path: string, encoding: BufferEncoding): string | undefined {
  const bytes = encoding === 'utf8' ? path : Buffer.from(path, encoding);
  try {
    // Most are no links, which this tells without an error.
    if (lstatSync(bytes, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    return readlinkSync(bytes, { encoding });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
