import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kubewright/core';
import { FileLock } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';

/** How long a runtime that is ending is waited for, in milliseconds. */
const patience = 2_000;

/**
 * Makes a runtime the only one with its directory: another one would take what this one is making for what a crash left.
 * The lock ends with its process.
 *
 * @throws ALREADY_RUNNING
 */
export async function lockRoot(root: string, clock: Clock): Promise<FileLock> {
  await mkdir(root, { recursive: true, mode: 0o711 });
  const late = new AbortController();
  const timer = clock.setTimer(patience, () => late.abort(runtimeErrors.ALREADY_RUNNING({ root })));
  try {
    return await FileLock.acquire(join(root, 'lock'), { clock, signal: late.signal });
  } finally {
    timer.cancel();
  }
}
