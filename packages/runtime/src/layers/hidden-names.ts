import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '@kubewright/core';
import { makeNode, rootedPath, setExtendedAttribute } from '@kubewright/linux';
import { bytesOf, statOf } from './layer-path.js';

/** The beginning of names by which an archive says that something of a lower layer is gone. */
export const whiteout = '.wh.';

/**
 * What a layer hides of those below. It never hides what the layer itself has, in whichever order its entries come, so it is
 * put down when all of them are there: where the layer has nothing, a whiteout of overlayfs; where it has a directory, that
 * one is opaque; any other file hides what is below it by being there.
 */
export class HiddenNames {
  readonly #names = new Map<string, Set<string>>();
  readonly #directories = new Set<string>();

  /** Something by its name in a directory of the layer. */
  one(directory: string, name: string): void {
    const names = this.#names.get(directory) ?? new Set();
    this.#names.set(directory, names.add(name));
  }

  /** All that a directory has in lower layers. */
  all(directory: string): void {
    this.#directories.add(directory);
  }

  /** @param root - the layer, in which the paths of directories are. Links of the layer are followed. */
  apply(root: string): void {
    const within = (directory: string): string | undefined => {
      // The element behind has links before it followed; what it is called does not matter.
      const path = rootedPath(root, `${directory}/_`, 'latin1');
      return path === undefined ? undefined : makeDirectory(dirname(path));
    };
    const opaque = new Set<string>();
    const hideAll = (path: string): void => {
      setExtendedAttribute(bytesOf(path), 'trusted.overlay.opaque', Buffer.from('y'));
      opaque.add(path);
    };
    for (const directory of this.#directories) {
      const path = within(directory);
      if (path !== undefined) hideAll(path);
    }
    // All directories are made before one is looked for, since one may be what another name hides.
    const places = [...this.#names].flatMap(([directory, names]) => {
      const path = within(directory);
      return path === undefined ? [] : [...names].map((name) => `${path}/${name}`);
    });
    const missing = new Set<string>();
    for (const path of places) {
      const there = statOf(path);
      if (there === undefined) missing.add(path);
      else if (there.isDirectory()) hideAll(path);
    }
    // Where nothing of lower layers is seen, nothing has to be hidden.
    const isHidden = (path: string): boolean =>
      opaque.has(path) || (path.length > root.length && isHidden(dirname(path)));
    for (const path of missing)
      if (!isHidden(dirname(path))) makeNode(bytesOf(path), { type: 'character', major: 0, minor: 0 });
  }
}

/** Undefined where a file of the layer is in the way, which hides all that could be meant. */
function makeDirectory(path: string): string | undefined {
  try {
    mkdirSync(bytesOf(path), { recursive: true, mode: 0o755 });
    return path;
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOTDIR')) return undefined;
    throw error;
  }
}
