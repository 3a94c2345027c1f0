import type { Readable } from 'node:stream';
import type { Clock } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { runtimeErrors } from '../errors.js';

/** Takes output. Answers a promise where its reader has no room; more comes when that settles. */
export type TakeOutput = (chunk: Buffer) => Promise<void> | undefined;

/** How long output is waited for after the command itself has ended: what it started may hold its streams open. */
const drainTime = 1_000;
/** Bytes that wait in memory for a reader of what is read on. The terminals on the way hold far less. */
const mostWaiting = 4 * 1024 * 1024;

/** One output of a command on its way to whoever wants it, no faster than that one reads. */
export class OutputPump {
  /** Resolves when everything that came was taken, and no more comes. */
  readonly ended: Promise<void>;
  readonly #from: Readable;
  readonly #take: TakeOutput;
  readonly #onHeld: (pump: OutputPump) => void;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #held: Promise<void> | undefined;
  #readsOn = false;
  #failure: Error | undefined;
  #closed = false;
  #settle: () => void = () => undefined;

  /** @param onHeld - is called whenever the reader has no room. */
  constructor(from: Readable, take: TakeOutput, onHeld: (pump: OutputPump) => void = () => undefined) {
    this.#from = from;
    this.#take = take;
    this.#onHeld = onHeld;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A terminal only ends, since it could still be written to.
    for (const event of ['end', 'close']) from.once(event, () => this.#close());
  }

  /** Settles when the reader has room again; undefined where it has. */
  get held(): Promise<void> | undefined {
    return this.#held;
  }

  /** Why not all that came was taken. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** From now on reads whether the reader has room or not; what it has none for waits in memory. */
  readOn(): void {
    this.#readsOn = true;
    this.#from.resume();
  }

  #close(): void {
    this.#closed = true;
    this.#settleIfOver();
  }

  #receive(chunk: Buffer): void {
    if (this.#held === undefined) return this.#pass(chunk);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes <= mostWaiting) return;
    this.#failure = runtimeErrors.OUTPUT_LOST({ reason: 'the client does not read, and the command has ended' });
    this.#waiting.length = 0;
    this.#from.destroy();
  }

  #pass(chunk: Buffer): void {
    const room = this.#take(chunk);
    if (room === undefined) return;
    this.#held = room;
    if (!this.#readsOn) this.#from.pause();
    void room.then(() => this.#goOn());
    this.#onHeld(this);
  }

  #goOn(): void {
    this.#held = undefined;
    while (this.#held === undefined) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#waitingBytes -= chunk.length;
      this.#pass(chunk);
    }
    if (this.#held === undefined) this.#from.resume();
    this.#settleIfOver();
  }

  #settleIfOver(): void {
    if (this.#closed && this.#waiting.length === 0) this.#settle();
  }
}

/**
 * Waits for the rest of the output of a command that has ended. What it started may hold the streams open and is waited for
 * only so long; but as long as a reader has no room, the rest is on its way to it.
 *
 * @throws OUTPUT_LOST
 */
export async function takeRest(pumps: readonly OutputPump[], clock: Clock): Promise<void> {
  const ended = Promise.all(pumps.map((pump) => pump.ended)).then(() => true);
  for (;;) {
    const held = heldOf(pumps);
    const isOver = held.length > 0 ? await endOr(ended, Promise.all(held)) : await waitBriefly(ended, clock);
    if (isOver || (held.length === 0 && heldOf(pumps).length === 0)) break;
  }
  for (const { failure } of pumps) if (failure !== undefined) throw failure;
}

function heldOf(pumps: readonly OutputPump[]): Promise<void>[] {
  return pumps.flatMap(({ held }) => (held === undefined ? [] : [held]));
}

function endOr(ended: Promise<boolean>, other: Promise<unknown>): Promise<boolean> {
  return Promise.race([ended, other.then(() => false)]);
}

async function waitBriefly(ended: Promise<boolean>, clock: Clock): Promise<boolean> {
  const enough = new AbortController();
  const isOver = await endOr(
    ended,
    clock.sleep(drainTime, enough.signal).catch(() => undefined),
  );
  enough.abort();
  // A loop that was busy for all of that time looks at the streams now, and the command's own output is in them.
  await nextTurn();
  return isOver;
}
