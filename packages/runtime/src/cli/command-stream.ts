/**
 * The client's side of `exec` and `attach`: a URL of the runtime over WebSocket, its channels joined with streams. Neighbours:
 * `@kubewright/cri-sdk` has the other side.
 */
import type { Readable, Writable } from 'node:stream';
import { runtimeErrors } from '../errors.js';

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

/** Joins streams with a command until it ends. @returns its exit code. @throws COMMAND_FAILED where it could not be run */
export async function joinCommand(url: string, streams: CommandStreams, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols);
  socket.binaryType = 'arraybuffer';
  const send = (number: number, data: Uint8Array | string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.concat([Buffer.from([number]), Buffer.from(data)]));
  };
  const { stdin, size, onResize } = streams;
  const tellSize = (): void => {
    const now = size?.();
    if (now !== undefined) send(channel.resize, JSON.stringify({ Width: now.width, Height: now.height }));
  };
  const onInput = (chunk: Buffer): void => send(channel.stdin, chunk);
  // Only the newest protocol can say that the input has ended.
  const onInputEnd = (): void => {
    if (socket.protocol === protocols[0]) send(channel.close, Buffer.from([channel.stdin]));
  };
  let stopResizing: (() => void) | undefined;
  let status = '';
  const abort = (): void => socket.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        tellSize();
        stopResizing = onResize?.(tellSize);
        stdin?.on('data', onInput).once('end', onInputEnd);
      });
      socket.addEventListener('message', ({ data }) => {
        const bytes = Buffer.from(data as ArrayBuffer);
        const [number] = bytes;
        if (number === channel.stdout) streams.stdout.write(bytes.subarray(1));
        if (number === channel.stderr) streams.stderr.write(bytes.subarray(1));
        if (number === channel.error) status += bytes.toString('utf8', 1);
      });
      socket.addEventListener('close', () => resolve());
      socket.addEventListener('error', () => reject(runtimeErrors.COMMAND_FAILED({ reason: 'the connection broke' })));
    });
    signal.throwIfAborted();
    return exitCodeOf(status);
  } finally {
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
