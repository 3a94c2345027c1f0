import type { CommandStreams } from './command-stream.js';

/** This process's streams, as a command gets them. With `tty` the terminal passes on each key; the answer's end undoes it. */
export function ownStreams({
  stdin,
  tty,
}: {
  readonly stdin: boolean;
  readonly tty: boolean;
}): CommandStreams & Disposable {
  const { stdin: input, stdout, stderr } = process;
  const raw = tty && stdin && input.isTTY;
  if (raw) input.setRawMode(true);
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
      if (raw) input.setRawMode(false);
      if (stdin) input.unref();
    },
  };
}
