/**
 * The client's side of `exec` and `attach`: a URL of the runtime over WebSocket, its channels joined with streams. Neighbours:
 * `@kubewright/cri-sdk` has the other side.
 */
import type { Readable, Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { runtimeErrors } from '../errors.js';
import { whenWritable } from './write-output.js';

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export interface CommandStreams {
  /** Missing where the command gets no input. */
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The terminal's size now; missing without a terminal. */
  readonly size?: () => { readonly width: number; readonly height: number };
  /** Calls back when the size has changed, until the answer is called. */
  readonly onResize?: (listener: () => void) => () => void;
}

/**
 * Joins streams with a command until it ends. Whoever reads slowly slows the command down, and a command that reads slowly the
 * input: neither is kept here meanwhile.
 *
 * @returns its exit code. @throws COMMAND_FAILED where it could not be run
 */
export async function joinCommand(url: string, streams: CommandStreams, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], { perMessageDeflate: false });
  const send = (number: number, data: Uint8Array | string, sent?: () => void): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(Buffer.concat([Buffer.from([number]), Buffer.from(data)]), () => sent?.());
  };
  const { stdin, size, onResize } = streams;
  const tellSize = (): void => {
    const now = size?.();
    if (now !== undefined) send(channel.resize, JSON.stringify({ Width: now.width, Height: now.height }));
  };
  let isOver = false;
  const onInput = (chunk: Buffer): void => {
    stdin?.pause();
    send(channel.stdin, chunk, () => isOver || stdin?.resume());
  };
  // Only the newest protocol can say that the input has ended.
  const onInputEnd = (): void => {
    if (socket.protocol === protocols[0]) send(channel.close, Buffer.from([channel.stdin]));
  };
  const full = new Set<Writable>();
  const pass = (output: Writable, data: Buffer): void => {
    // The first message, which says that the connection works, has no data.
    if (data.length === 0 || output.write(data) || full.has(output)) return;
    full.add(output);
    socket.pause();
    whenWritable(output, () => {
      full.delete(output);
      if (full.size === 0) socket.resume();
    });
  };
  let stopResizing: (() => void) | undefined;
  let status = '';
  // Without a farewell, whose answer a connection that is not read would not see.
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('open', () => {
        tellSize();
        stopResizing = onResize?.(tellSize);
        stdin?.on('data', onInput).once('end', onInputEnd);
      });
      socket.on('message', (bytes: Buffer) => {
        const [number] = bytes;
        if (number === channel.stdout) pass(streams.stdout, bytes.subarray(1));
        if (number === channel.stderr) pass(streams.stderr, bytes.subarray(1));
        if (number === channel.error) status += bytes.toString('utf8', 1);
      });
      socket.on('close', () => resolve());
      socket.on('error', (cause) =>
        reject(runtimeErrors.COMMAND_FAILED({ reason: 'the connection broke' }, { cause })),
      );
    });
    signal.throwIfAborted();
    return exitCodeOf(status);
  } finally {
    isOver = true;
    signal.removeEventListener('abort', abort);
    stopResizing?.();
    stdin?.off('data', onInput).off('end', onInputEnd).pause();
    socket.close();
  }
}

/** What a `Status` on the error channel says; an attach that ends by itself says nothing. */
function exitCodeOf(text: string): number {
  if (text === '') return 0;
  const status = JSON.parse(text) as {
    readonly status?: string;
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
  };
  if (status.status === 'Success') return 0;
  const code = Number(status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message ?? Number.NaN);
  if (Number.isInteger(code)) return code;
  throw runtimeErrors.COMMAND_FAILED({ reason: status.message ?? text });
}
