/** Events of containers for the streams of GetContainerEvents. A runtime publishes; each stream reads at its own pace. */
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { ContainerEventResponseSchema } from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';

export type ContainerEvent = Answer<typeof ContainerEventResponseSchema>;

/** Events that wait for one slow stream. Each holds the state of a whole pod, so they are not few bytes. */
const mostWaiting = 1_000;

interface Subscriber {
  readonly waiting: ContainerEvent[];
  /** It missed some. */
  isBehind: boolean;
  wake: () => void;
}

/**
 * Hands each event to every stream. Publishing never waits: a stream that is 1,000 events behind ends with RESOURCE_EXHAUSTED
 * once it has those that wait, so that its reader knows that it has to list.
 */
export class ContainerEvents {
  readonly #subscribers = new Set<Subscriber>();

  publish(event: ContainerEvent): void {
    for (const subscriber of this.#subscribers) {
      subscriber.isBehind ||= subscriber.waiting.length >= mostWaiting;
      if (!subscriber.isBehind) subscriber.waiting.push(event);
      subscriber.wake();
    }
  }

  /** The events from now on, until the signal aborts. It is subscribed when this returns, not when it is first read. */
  subscribe(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    const subscriber: Subscriber = { waiting: [], isBehind: false, wake: () => undefined };
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
        if (subscriber.isBehind) throw behind();
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
        });
      }
    } finally {
      this.#subscribers.delete(subscriber);
    }
  }
}

function behind(): GrpcStatusError {
  const text = `more than ${mostWaiting} events waited to be read, and some are lost: list what there is and subscribe again`;
  return new GrpcStatusError(Code.RESOURCE_EXHAUSTED, text);
}
