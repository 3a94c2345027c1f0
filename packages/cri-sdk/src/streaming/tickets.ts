import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Clock, Random, Timer } from '@kubewright/core';

/** How long a URL is good, in milliseconds, and how many wait at once. */
const lifetime = 60_000;
const mostTickets = 1_000;
/** Six random bytes make eight characters of a URL. */
const tokenBytes = 6;

/** Requests that wait for their client, each under a token that is good once. */
export class Tickets<T> {
  readonly #waiting = new Map<string, { readonly request: T; readonly timer: Timer }>();
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws RESOURCE_EXHAUSTED when 1,000 wait already. */
  issue(request: T): string {
    if (this.#waiting.size >= mostTickets) {
      throw new GrpcStatusError(
        Code.RESOURCE_EXHAUSTED,
        `${mostTickets} streaming requests wait for their clients: try again later`,
      );
    }
    let token: string;
    do token = Buffer.from(this.#random.bytes(tokenBytes)).toString('base64url');
    while (this.#waiting.has(token));
    const timer = this.#clock.setTimer(lifetime, () => this.#waiting.delete(token), { ref: false });
    this.#waiting.set(token, { request, timer });
    return token;
  }

  /** The request of a token, once; undefined for a token that is unknown, used or too old. */
  redeem(token: string): T | undefined {
    const ticket = this.#waiting.get(token);
    if (ticket === undefined) return undefined;
    ticket.timer.cancel();
    this.#waiting.delete(token);
    return ticket.request;
  }

  clear(): void {
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }
}
