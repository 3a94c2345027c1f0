/**
 * One at a time: of several copies of a program the one that holds a Lease works, and the others wait to take its place. It is
 * a plugin that starts before informers and controllers, so that nothing of a copy runs that waits.
 */
import { isAlreadyExists, isConflict, isNotFound } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { Clock, Logger, Plugin, Random, inject, provide, token } from '@kubewright/core';
import type { Lifecycle, PluginLike, StartContext, StopContext, Token } from '@kubewright/core';
import type { Client, ObjectKey, RequestOptions } from '@kubewright/informer';
import { Cluster } from '../cluster/cluster.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { Leadership } from './leadership.js';
import { leaseDurationOf, heldBy, renewDeadline, retryPeriod } from './lease.js';

export interface LeaderElectionOptions {
  /** The Lease's name, which all copies of the program share and no other program has. */
  readonly name: string;
  /** Default: that of the connection; in a Pod, the Pod's own. */
  readonly namespace?: string;
  /** What the Lease says of who leads; no two copies have the same, so do not set it to a fixed text. Default: `HOSTNAME`, which in a Pod is its name, and something random. */
  readonly identity?: string;
}

const LeaderElectionOptions: Token<LeaderElectionOptions> = token('@kubewright/controller/LeaderElectionOptions');

/** What came of an attempt; `unknown` where the server could not be asked or the write failed. */
type Attempt =
  | {
      readonly came: 'leading';
      /** When the write was sent, on the monotonic clock. */
      readonly sent: number;
    }
  | { readonly came: 'other' | 'unknown' };

/**
 * Stops the program, by failing its host, when it can no longer be sure that it leads: when another holds the Lease, or no
 * renewal was answered for 10 s. Until then `Leadership` sees to it that nothing is written that another leader could meet. A
 * stop in order gives the Lease back.
 */
@Plugin({ name: 'leader-election', stage: 'serve' })
export class LeaderElection implements Lifecycle {
  readonly #identity: string;
  /** The newest state of the Lease, and when it was first seen: clocks of other machines are not compared with ours. */
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;
  /** Whether the Lease was got in this run: its identity alone may also be another copy's, or that of an earlier run. */
  #leads = false;
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    @inject(LeaderElectionOptions) private readonly options: LeaderElectionOptions,
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Leadership) private readonly leadership: Leadership,
  ) {
    const suffix = Buffer.from(random.bytes(4)).toString('hex');
    this.#identity = options.identity ?? `${process.env['HOSTNAME'] ?? 'kubewright'}_${suffix}`;
  }

  /** Resolves when this copy leads. */
  async start({ signal, fail }: StartContext): Promise<void> {
    let attempt = await this.#attempt(this.clock.monotonic() + renewDeadline, signal);
    while (attempt.came !== 'leading') {
      await this.clock.sleep(retryPeriod, signal);
      attempt = await this.#attempt(this.clock.monotonic() + renewDeadline, signal);
    }
    this.#leads = true;
    this.leadership.renewed(attempt.sent);
    this.logger.info('leading', { lease: this.options.name, identity: this.#identity });
    this.#renewing = this.#renew(signal).catch((error: unknown) => {
      if (!signal.aborted) fail(error);
    });
  }

  /** What worked under the Lease has stopped by now, so another may begin at once; unless something of it still goes on. */
  async stop({ signal }: StopContext): Promise<void> {
    await this.#renewing;
    this.#leads = false;
    const { name: lease } = this.options;
    if (!this.leadership.close()) {
      this.logger.warn('the lease is not given back, as writes are under way; it runs out by itself', { lease });
      return;
    }
    const request = { signal, timeout: renewDeadline };
    try {
      const held = await this.#client.get(Lease, this.#key, request);
      const { holderIdentity, ...spec } = held.spec ?? {};
      if (holderIdentity === this.#identity) await this.#client.update(Lease, { ...held, spec }, request);
    } catch (error) {
      this.logger.warn('the lease could not be given back; it runs out by itself', { lease, error });
    }
  }

  /**
   * Whether to go on trying counts from the last answer: what was renewed then cannot have been taken before. Whether to
   * write counts from the request, and is `Leadership`'s.
   */
  async #renew(signal: AbortSignal): Promise<void> {
    let answered = this.clock.monotonic();
    let isDue = !this.leadership.isHeld;
    for (;;) {
      if (!isDue) await this.clock.sleep(retryPeriod, signal);
      // Even after a long stop it is asked once more: as long as nobody else has taken the Lease, it can be renewed.
      const deadline = Math.max(answered + renewDeadline, this.clock.monotonic() + retryPeriod);
      const attempt = await this.#attempt(deadline, signal);
      if (attempt.came === 'leading') {
        answered = this.clock.monotonic();
        this.leadership.renewed(attempt.sent);
      } else if (attempt.came === 'other' || this.clock.monotonic() - answered >= renewDeadline) {
        throw controllerErrors.LEASE_LOST({ lease: this.options.name, identity: this.#identity });
      }
      // An answer that took its time leaves little or nothing of the lease: the next renewal does not wait.
      isDue = attempt.came === 'leading' && !this.leadership.isHeld;
    }
  }

  /** @param deadline - on the monotonic clock; an answer that comes later is of no use. */
  async #attempt(deadline: number, signal: AbortSignal): Promise<Attempt> {
    const request = (): RequestOptions => ({ signal, timeout: Math.max(1, deadline - this.clock.monotonic()) });
    try {
      const lease = await this.#client.get(Lease, this.#key, request()).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (lease !== undefined && this.#isOthers(lease)) return { came: 'other' };
      const spec = heldBy(this.#identity, lease?.spec, this.clock.now());
      const sent = this.clock.monotonic();
      if (lease === undefined) await this.#client.create(Lease, { metadata: this.#key, spec }, request());
      else await this.#client.update(Lease, { ...lease, spec }, request());
      return { came: 'leading', sent };
    } catch (error) {
      signal.throwIfAborted();
      // Somebody else was faster; the next attempt sees who.
      if (!isConflict(error) && !isAlreadyExists(error))
        this.logger.warn('the lease could not be written', { lease: this.options.name, error });
      return { came: 'unknown' };
    }
  }

  /** Whether another holds it and may be alive. */
  #isOthers({ metadata, spec }: Lease): boolean {
    const { resourceVersion: version } = metadata;
    const now = this.clock.monotonic();
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    // Whoever leads knows no pause in it: a Lease that was given back meanwhile was another's in between.
    if (this.#leads) return spec?.holderIdentity !== this.#identity;
    if (!spec?.holderIdentity) return false;
    return now - (this.#seen?.at ?? now) < leaseDurationOf(spec);
  }

  get #client(): Client {
    return this.cluster.client({ name: 'leader-election', needsLeader: false });
  }

  get #key(): ObjectKey & { readonly namespace: string } {
    const { name, namespace = this.cluster.namespace } = this.options;
    return { name, namespace };
  }
}

/**
 * Lets one copy of the program work at a time:
 *
 * ```ts
 * await new Kubewright().connect(inCluster()).use(leaderElection({ name: 'website-operator' })).use(WebsiteController).start();
 * ```
 *
 * A copy that waits has not started its controllers. What is written through `ctx` and the clients of `Cluster` is held
 * against the Lease once more, so that a copy that was stopped or cut off writes nothing when it goes on. It needs the rights `get`, `create` and `update` on that Lease.
 */
export function leaderElection(options: LeaderElectionOptions): PluginLike {
  return [
    { name: 'leader-election-options', provides: [provide(LeaderElectionOptions, { value: options })] },
    Leadership,
    LeaderElection,
  ];
}
