import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { hasCode } from '@kubewright/core';
import { linuxErrors } from '../errors.js';

/**
 * Joins `path` to `root` without looking at the disk. An absolute path counts from the root, as inside a container.
 * @throws KW_LINUX_PATH_ESCAPE where `..` leads out, or the path holds a zero byte.
 */
export function joinInside(root: string, path: string): string {
  const relative = isAbsolute(path) ? `.${normalize(path)}` : normalize(path);
  if (path.includes('\0') || relative === '..' || relative.startsWith(`..${sep}`))
    throw linuxErrors.PATH_ESCAPE({ root, path });
  return join(root, relative);
}

/**
 * As `joinInside`, and follows the symbolic links of what exists of the path: where one leads out of the root, it is
 * refused. What does not exist yet is joined as it is. Nobody else may change the tree meanwhile; where somebody may, or
 * where links count from the root, use `openInside`.
 */
export function resolveInside(root: string, path: string): string {
  const realRoot = realpathSync(root);
  const joined = joinInside(realRoot, path);
  for (let existing = joined, rest = ''; ;) {
    const resolved = tryResolve(existing);
    if (resolved !== undefined) {
      if (resolved !== realRoot && !resolved.startsWith(realRoot === sep ? sep : realRoot + sep)) {
        throw linuxErrors.PATH_ESCAPE({ root, path });
      }
      return join(resolved, rest);
    }
    const cut = existing.lastIndexOf(sep);
    rest = join(existing.slice(cut + 1), rest);
    existing = existing.slice(0, cut) || sep;
  }
}

/** Undefined where it does not exist; a link that points to nothing is an error, since it may be filled in later. */
function tryResolve(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || isLink(path)) throw error;
    return undefined;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
