import type { Clock } from '@kubewright/core';
import { readLog } from '@kubewright/cri-sdk';
import type { ProcessStreams } from '@kubewright/cri-sdk';
import { runtimeErrors } from '../errors.js';

/**
 * Passes on what a container prints from now on, read from its log, until it ends or the client leaves.
 *
 * @throws NOT_SUPPORTED for input and terminals
 */
export async function attachOutput(
  logPath: string,
  { stdin, stdout, stderr, tty }: ProcessStreams,
  {
    clock,
    ended,
    signal,
  }: { readonly clock: Clock; readonly ended: () => Promise<boolean>; readonly signal: AbortSignal },
): Promise<void> {
  if (tty || stdin !== undefined)
    throw runtimeErrors.NOT_SUPPORTED({ what: 'input to the first process of a container' });
  if (logPath === '') throw runtimeErrors.NOT_SUPPORTED({ what: 'attaching to a container without a log' });
  const since = new Date(clock.now()).toISOString();
  for await (const { stream, content, partial } of readLog(logPath, { since, signal, follow: { clock, ended } })) {
    const to = stream === 'stdout' ? stdout : stderr;
    if (to?.writable === true) to.write(partial ? content : Buffer.concat([content, Buffer.from('\n')]));
  }
}
