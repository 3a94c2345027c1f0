import { readFile } from 'node:fs/promises';
import { kernelSignal } from './stop-signal.js';

/**
 * Whether the kernel would drop a signal to a process now: the first process of a namespace gets only those that it has a
 * handler for. One that was just started may not be that far yet.
 *
 * @param signal - without `SIG`.
 */
export async function wouldBeDropped(pid: number, signal: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return isDropped(status, kernelSignal(signal));
}

/** @internal The same of the text of `/proc/PID/status`. */
export function isDropped(status: string, number: number | undefined): boolean {
  const isFirst = /^NSpid:.*\t1$/m.test(status);
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (!isFirst || caught === undefined || number === undefined) return false;
  return ((BigInt(`0x${caught}`) >> BigInt(number - 1)) & 1n) === 0n;
}
