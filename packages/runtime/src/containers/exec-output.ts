import type { Writable } from 'node:stream';
import type { TakeOutput } from './output-pump.js';

/** Collects output up to a number of bytes and drops the rest, so that the command does not block. */
export class LimitedOutput {
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly take: TakeOutput = (chunk) => {
    const part = chunk.subarray(0, this.#limit - this.#size);
    this.#size += part.length;
    if (part.length > 0) this.#parts.push(part);
    return undefined;
  };

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Passes output on to a client's stream; one that is gone or was not asked for takes everything. */
export function intoStream(stream: Writable | undefined): TakeOutput {
  return (chunk) => (stream === undefined || !stream.writable || stream.write(chunk) ? undefined : roomOrEnd(stream));
}

function roomOrEnd(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.once('drain', settle).once('close', settle);
  });
}
