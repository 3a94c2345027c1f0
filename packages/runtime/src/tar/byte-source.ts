import { TarInvalid } from './tar-header.js';

/** Bytes that arrive in pieces, taken in others. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** What came and was not taken. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes, together. @throws TarInvalid where there are fewer */
  async take(length: number): Promise<Buffer> {
    const taken = await this.takeOrEnd(length);
    if (taken === undefined) throw cut();
    return taken;
  }

  /** As `take`; undefined at the end. */
  async takeOrEnd(length: number): Promise<Buffer | undefined> {
    if (this.#rest.length < length) {
      const pieces = [this.#rest];
      let had = this.#rest.length;
      while (had < length) {
        const piece = await this.#next();
        if (piece === undefined && had === 0) return undefined;
        if (piece === undefined) throw cut();
        pieces.push(piece);
        had += piece.length;
      }
      this.#rest = Buffer.concat(pieces);
    }
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** At least one byte and at most so many. @throws TarInvalid at the end */
  async some(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) this.#rest = (await this.#next()) ?? this.#rest;
    if (this.#rest.length === 0) throw cut();
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Passes over so many bytes. @throws TarInvalid where there are fewer */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  /** Passes over all that comes. */
  async drain(): Promise<void> {
    while ((await this.#next()) !== undefined);
  }

  /** Gives up what did not come yet. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return undefined;
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
}

function cut(): Error {
  return new TarInvalid('it ends in the middle');
}
