import { lstatSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { hasCode } from '@kubewright/core';

/** A path is bytes, one to a character, as the names in archives are. */
export function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** What is at such a path, links not followed. Below a file is nothing. */
export function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(bytesOf(path), { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
