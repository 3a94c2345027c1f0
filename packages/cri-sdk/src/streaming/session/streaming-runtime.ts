import type { Duplex, Readable, Writable } from 'node:stream';
import type { AttachRequest, ExecRequest } from '../../generated/runtime/v1/cri_pb.js';

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The streams of a client; those it did not ask for are missing. */
export interface ProcessStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  /** Missing with a terminal, which has one output. */
  readonly stderr?: Writable;
  readonly tty: boolean;
  /** Sizes that the client's terminal takes on, the first one early; ends with the session. Empty without a terminal. */
  readonly sizes: AsyncIterable<TerminalSize>;
}

/** What a runtime does behind the URLs. The signal aborts when the client is gone or the server stops. */
export interface StreamingRuntime {
  /** Runs a command with the client's streams; resolves to its exit code once its output was written. */
  exec(request: ExecRequest, streams: ProcessStreams, signal: AbortSignal): Promise<number>;
  /** Joins the client's streams with those of the container's first process, until that ends or the client leaves. */
  attach(request: AttachRequest, streams: ProcessStreams, signal: AbortSignal): Promise<void>;
  /** Joins `stream` with a connection to a port on the sandbox's loopback; both directions end by themselves. */
  portForward(podSandboxId: string, port: number, stream: Duplex, signal: AbortSignal): Promise<void>;
}
