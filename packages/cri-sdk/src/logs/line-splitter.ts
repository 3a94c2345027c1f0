/**
 * Container logs as Kubernetes keeps them: a file of lines, each with a time, the stream it came from, and whether it is a
 * whole line. Neighbours: a runtime's monitor writes them, the kubelet reads and rotates them.
 */

const newline = 0x0a;

/** A piece of a stream that makes one record. */
export interface LinePiece {
  readonly content: Buffer;
  readonly partial: boolean;
}

/** Cuts a stream into lines, and lines that are longer than `limit` bytes into partial pieces. */
export class LineSplitter {
  readonly #limit: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The pieces that this chunk completes. */
  push(chunk: Buffer): LinePiece[] {
    const pieces: LinePiece[] = [];
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (data.length > 0) {
      const end = data.indexOf(newline);
      if (end !== -1 && end <= this.#limit) {
        pieces.push({ content: data.subarray(0, end), partial: false });
        data = data.subarray(end + 1);
      } else if (data.length > this.#limit) {
        pieces.push({ content: data.subarray(0, this.#limit), partial: true });
        data = data.subarray(this.#limit);
      } else break;
    }
    this.#rest = Buffer.from(data); // a copy, so that the large chunk can be collected
    return pieces;
  }

  /** What is left at the end of the stream: a line that its newline is missing from, so a partial one. */
  end(): LinePiece[] {
    const content = this.#rest;
    this.#rest = Buffer.alloc(0);
    return content.length === 0 ? [] : [{ content, partial: true }];
  }
}
