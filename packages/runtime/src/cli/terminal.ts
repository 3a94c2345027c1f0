import type { CommandIo } from '@kubewright/core';
import type { CommandStreams } from './command-stream.js';

/** A program's streams, as a command in a container gets them. With `tty` the terminal passes on each key; the answer's end undoes it. */
export function ownStreams(
  { stdin: input, stdout, stderr }: CommandIo,
  { stdin, tty }: { readonly stdin: boolean; readonly tty: boolean },
): CommandStreams & Disposable {
  const raw = tty && stdin && input.isTTY === true;
  if (raw) input.setRawMode?.(true);
  return {
    stdout,
    stderr,
    ...(stdin && { stdin: input }),
    ...(tty && {
      size: () => ({ width: stdout.columns ?? 80, height: stdout.rows ?? 24 }),
      onResize: (listener: () => void) => {
        stdout.on('resize', listener);
        return () => void stdout.off('resize', listener);
      },
    }),
    [Symbol.dispose]: () => {
      if (raw) input.setRawMode?.(false);
      if (stdin) input.unref?.();
    },
  };
}
