import { constants, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import { criSdkErrors } from '../errors.js';
import { LineSplitter } from './line-splitter.js';
import type { LinePiece } from './line-splitter.js';
import { encodeRecord, logTime } from './log-line.js';
import type { LogStream } from './log-line.js';

/** As containerd cuts lines, in bytes. */
const defaultLineLimit = 16_384;

export interface LogWriterOptions {
  readonly clock: Clock;
  /** Bytes of a line after which it is cut into partial records. Default: 16,384. */
  readonly lineLimit?: number;
}

/**
 * Writes what a container prints to its log. Records keep the order in which `write` was called, each whole: the file is
 * opened for appending, with mode 0640.
 */
export class LogWriter implements AsyncDisposable {
  readonly path: string;
  readonly #clock: Clock;
  readonly #splitters: Readonly<Record<LogStream, LineSplitter>>;
  #file: FileHandle | undefined;
  /** Work on the file, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, { clock, lineLimit = defaultLineLimit }: LogWriterOptions) {
    this.path = path;
    this.#file = file;
    this.#clock = clock;
    this.#splitters = { stdout: new LineSplitter(lineLimit), stderr: new LineSplitter(lineLimit) };
  }

  /** Opens the log, and makes it if it is missing; its directory has to be there. */
  static async open(path: string, options: LogWriterOptions): Promise<LogWriter> {
    return new LogWriter(path, await openLog(path), options);
  }

  /** Takes a chunk; resolves once its whole lines are in the file. */
  write(stream: LogStream, chunk: Buffer): Promise<void> {
    return this.#append(stream, this.#splitters[stream].push(chunk));
  }

  /**
   * Goes on in a new file at the same path, after somebody renamed the old one. On an error the old file stays in use, and no
   * new one was made.
   */
  reopen(): Promise<void> {
    return this.#next(async () => {
      const file = await openLog(this.path);
      await this.#file?.close();
      this.#file = file;
    });
  }

  /** Writes what is left of both streams, and closes the file. */
  async close(): Promise<void> {
    if (this.#file === undefined) return;
    for (const stream of ['stdout', 'stderr'] as const) await this.#append(stream, this.#splitters[stream].end());
    await this.#next(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #append(stream: LogStream, pieces: readonly LinePiece[]): Promise<void> {
    if (pieces.length === 0) return;
    const time = logTime(this.#clock.now());
    const bytes = Buffer.concat(pieces.map((piece) => encodeRecord({ time, stream, ...piece })));
    await this.#next((file) => file.appendFile(bytes));
  }

  #next<T>(work: (file: FileHandle) => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      if (this.#file === undefined) throw criSdkErrors.LOG_CLOSED({ path: this.path });
      return work(this.#file);
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

function openLog(path: string): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  return open(path, O_APPEND | O_CREAT | O_WRONLY, 0o640);
}
