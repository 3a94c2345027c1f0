import type { Writable } from 'node:stream';

/** Calls back once a stream takes more, or will never again. */
export function whenWritable(output: Writable, then: () => void): void {
  if (output.destroyed || !output.writableNeedDrain) return then();
  const goOn = (): void => {
    output.off('drain', goOn).off('close', goOn).off('error', goOn);
    then();
  };
  output.once('drain', goOn).once('close', goOn).once('error', goOn);
}

/** Writes, and waits for a reader who is slower: what he does not take yet is not for this process's memory. */
export async function writeOutput(output: Writable, chunk: Uint8Array | string, signal: AbortSignal): Promise<void> {
  if (output.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      signal.removeEventListener('abort', goOn);
      resolve();
    };
    signal.addEventListener('abort', goOn, { once: true });
    if (signal.aborted) goOn();
    else whenWritable(output, goOn);
  });
}
