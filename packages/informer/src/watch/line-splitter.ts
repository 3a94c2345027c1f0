import { Utf8Decoder } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';

/** The longest line to accept: an API server limits an object to about 1.5 MiB in etcd, and a request to 3 MiB. */
const defaultMaxLength = 16 * 1024 * 1024;

/**
 * Splits a byte stream into lines. It works on strings: a line over many chunks is held as V8's rope, so that no byte is
 * copied again and again, and a character cut by a chunk's end is put together.
 */
export class LineSplitter {
  readonly #decoder = new Utf8Decoder();
  readonly #maxLength: number;
  #tail = '';

  /** @param maxLength - in UTF-16 units. Default: 16 Mi. */
  constructor(maxLength: number = defaultMaxLength) {
    this.#maxLength = maxLength;
  }

  /**
   * Calls `onLine` for each line that the chunk completes, without its end; empty lines are left out.
   *
   * @throws WATCH_LINE_INVALID for a chunk with what is no UTF-8, WATCH_LINE_TOO_LONG
   */
  push(chunk: Uint8Array, onLine: (line: string) => void): void {
    const text = this.#decode(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = start === 0 && this.#tail !== '' ? this.#tail + text.slice(0, end) : text.slice(start, end);
      this.#tail = '';
      start = end + 1;
      this.#check(line.length);
      if (line !== '') onLine(line);
    }
    if (start < text.length) this.#tail += start === 0 ? text : text.slice(start);
    this.#check(this.#tail.length);
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#decoder.write(chunk);
    } catch (cause) {
      throw informerErrors.WATCH_LINE_INVALID({ problem: 'it is no UTF-8' }, { cause });
    }
  }

  #check(length: number): void {
    if (length > this.#maxLength) throw informerErrors.WATCH_LINE_TOO_LONG({ limit: this.#maxLength });
  }
}
