/** Events of containers for the streams of GetContainerEvents. A runtime publishes; each stream reads at its own pace. */
import type { ContainerEventResponseSchema } from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';

export type ContainerEvent = Answer<typeof ContainerEventResponseSchema>;

/** Events that wait for one slow stream; then its oldest are dropped, and its kubelet finds out by listing. */
const mostWaiting = 10_000;

interface Subscriber {
  readonly waiting: ContainerEvent[];
  wake: () => void;
}

/** Hands each event to every stream. Publishing never waits. */
export class ContainerEvents {
  readonly #subscribers = new Set<Subscriber>();

  publish(event: ContainerEvent): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.waiting.length >= mostWaiting) subscriber.waiting.shift();
      subscriber.waiting.push(event);
      subscriber.wake();
    }
  }

  /** The events from now on, until the signal aborts. It is subscribed when this returns, not when it is first read. */
  subscribe(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    const subscriber: Subscriber = { waiting: [], wake: () => undefined };
    this.#subscribers.add(subscriber);
    const leave = (): void => {
      this.#subscribers.delete(subscriber);
      subscriber.wake();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return this.#read(subscriber, signal);
  }

  async *#read(subscriber: Subscriber, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
    try {
      for (;;) {
        yield* subscriber.waiting.splice(0);
        if (signal.aborted) return;
        if (subscriber.waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
        });
      }
    } finally {
      this.#subscribers.delete(subscriber);
    }
  }
}
