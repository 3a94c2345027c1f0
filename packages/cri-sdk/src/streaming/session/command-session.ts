/** What clients and runtimes say to each other over streams, whatever carries these: exec, attach, port-forward. */
import { finished } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import type { ProcessStreams } from './streaming-runtime.js';
import { commandStatus } from './command-status.js';
import type { CommandResult } from './command-status.js';
import { terminalSizes } from './terminal-sizes.js';

/** Which streams a client asked for. */
export interface StreamChoice {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The streams of an exec or attach session, as a protocol carries them. */
export interface CommandChannels {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Carries how the command ended. */
  readonly error: Writable;
  readonly resize?: Readable;
  /** 1 to 5: what the client understands. */
  readonly version: number;
}

/** Runs a command with a client's streams, tells the client how it ended, and ends the streams. */
export async function serveCommand(
  channels: CommandChannels,
  tty: boolean,
  run: (streams: ProcessStreams) => Promise<number>,
): Promise<void> {
  const { stdin, stdout, stderr, error, resize, version } = channels;
  const streams: ProcessStreams = {
    tty,
    sizes: terminalSizes(resize),
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
  };
  const result = await run(streams).then(
    (exitCode): CommandResult => ({ exitCode }),
    (cause: unknown): CommandResult => ({ error: cause }),
  );
  // What nobody reads any more must not fill the connection: a cut with unread data would take unread output with it.
  stdin?.resume();
  await Promise.all([ending(stdout), ending(stderr)]);
  // The status comes after all output: clients take it as the end.
  const status = commandStatus(result, version);
  if (status !== '' && error.writable) error.write(status);
  await ending(error);
}

/** Ends a stream and waits until the rest was handed on; a client that has gone is no error here. */
async function ending(stream: Writable | undefined): Promise<void> {
  if (stream === undefined || stream.destroyed) return;
  if (!stream.writableEnded) stream.end();
  await finished(stream, { readable: false }).catch(() => undefined);
}
