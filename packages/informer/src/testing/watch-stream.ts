/** A response body that a test feeds: bytes now, an end or a failure when it likes. */
export class WatchStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param signal - its abort breaks the body off with its reason, as a transport does. */
  constructor(signal?: AbortSignal) {
    signal?.addEventListener('abort', () => this.fail(signal.reason), { once: true });
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.isOpen) return;
    this.#chunks.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    this.#wake?.();
  }

  /** The server ends the body. */
  end(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  /** The connection breaks. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#end === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if ('error' in this.#end) throw this.#end.error;
      else return;
    }
  }
}
