import { closeSync, constants, fstatSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { hasCode } from '@kubewright/core';

/**
 * Makes a short text a file's content with a single write, which a killed process has done or has not. The file is not emptied
 * first, nor replaced by another: file systems that guard against power cuts write the data out at once then, which
 * takes many times as long, and what is written here need not survive one.
 */
export function overwriteFile(path: string, text: string): void {
  const bytes = Buffer.from(text);
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const before = fstatSync(descriptor).size;
    writeSync(descriptor, bytes, 0, bytes.length, 0);
    if (before > bytes.length) ftruncateSync(descriptor, bytes.length);
  } finally {
    closeSync(descriptor);
  }
}

/** As `overwriteFile`, for a file that is not there yet. @returns false, having done nothing, where it is. */
export function createFile(path: string, text: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Removes a file; nothing there is no error. It takes a small part of what `rmSync` does, which looks for directories first. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
