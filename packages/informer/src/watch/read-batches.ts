import { nextTurn } from '@kubewright/core/async';
import { EventBatch } from './event-batch.js';
import type { TakenBatch } from './event-batch.js';
import { LineSplitter } from './line-splitter.js';
import { scanEvent } from './raw-event.js';

/** Reading pauses while this much text waits, in UTF-16 units. */
const maxBytes = 32 * 1024 * 1024;

/** What is read between two turns of the event loop, a few milliseconds of work: a body that is always there would let nothing else run. */
const chunksPerTurn = 4096;
const bytesPerTurn = 4 * 1024 * 1024;

export interface BatchOptions {
  /** Reading pauses while this many events wait to be applied. Default: 2,000. */
  readonly maxEvents?: number | undefined;
}

/**
 * Reads a watch body and yields what came since the last batch was taken, once a turn of the event loop. The stream is
 * read on while a batch is applied, up to the limits; then the socket is left unread and the server notices.
 *
 * Ends when the body ends (an incomplete last line is dropped, as it was never wholly sent), throws what reading or
 * scanning throws, after yielding all that came before.
 */
export async function* readBatches(
  body: AsyncIterable<Uint8Array>,
  options: BatchOptions = {},
): AsyncGenerator<TakenBatch, void> {
  const { maxEvents = 2000 } = options;
  const batch = new EventBatch();
  const splitter = new LineSplitter();
  const filled = new Latch();
  const taken = new Latch();
  let state: 'open' | 'stopped' | 'ended' | 'failed' = 'open';
  let failure: unknown;
  const isOpen = (): boolean => state === 'open';
  const pump = async (): Promise<void> => {
    let chunks = 0;
    let bytes = 0;
    for await (const chunk of body) {
      chunks++;
      bytes += chunk.byteLength;
      if (chunks >= chunksPerTurn || bytes >= bytesPerTurn) {
        await nextTurn();
        chunks = 0;
        bytes = 0;
      }
      splitter.push(chunk, (line) => batch.add(scanEvent(line)));
      filled.open();
      while (isOpen() && (batch.size >= maxEvents || batch.bytes >= maxBytes)) await taken.wait();
      if (state === 'stopped') return;
    }
  };
  const reading = pump().then(
    () => (state = 'ended'),
    (error: unknown) => {
      state = 'failed';
      failure = error;
    },
  );
  void reading.then(() => filled.open());
  try {
    for (;;) {
      if (batch.size === 0 && isOpen()) await filled.wait();
      // One turn later everything that the sockets held is here, and merges.
      await nextTurn();
      if (batch.size > 0) {
        const next = batch.take();
        taken.open();
        yield next;
      } else if (!isOpen()) {
        if (failure !== undefined) throw failure;
        return;
      }
    }
  } finally {
    state = 'stopped';
    taken.open();
  }
}

/** Wakes one waiter; an `open` before the `wait` counts. */
class Latch {
  #isOpen = false;
  #wake: (() => void) | undefined;

  open(): void {
    this.#isOpen = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#isOpen) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#isOpen = false;
  }
}
