/**
 * One at a time: of several copies of a program the one that holds a Lease works, and the others are ready to take its place.
 * This part gets, renews and gives back the Lease; `Leadership` says from it who may work and write.
 */
import { isAlreadyExists, isConflict, isNotFound } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import {
  Clock,
  HealthCheck,
  Logger,
  Metrics,
  Plugin,
  Random,
  inject,
  messageOf,
  provide,
  token,
} from '@kubewright/core';
import type { Gauge, HealthStatus, Lifecycle, PluginLike, StartContext, StopContext, Token } from '@kubewright/core';
import type { Client, RequestOptions } from '@kubewright/informer';
import { Cluster } from '../cluster/cluster.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { Leadership } from './leadership.js';
import type { Moment } from './leadership.js';
import { leaseDurationOf, heldBy } from './lease.js';
import { LeaseTimes, leaseTimes } from './lease-times.js';

/** Copies of one program should have the same times; where they differ, each waits for the longer of its own and the holder's. */
export interface LeaderElectionOptions extends Partial<LeaseTimes> {
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
  | { readonly came: 'leading'; readonly sent: Moment }
  | {
      readonly came: 'other';
      /** Milliseconds until the Lease may be taken, if nobody renews it. */
      readonly remaining: number;
    }
  | { readonly came: 'unknown' };

/**
 * Stops the program, by failing its host, when it can no longer be sure that it leads: when another holds the Lease, or no
 * renewal was answered within `renewDeadline`. Until then `Leadership` sees to it that nothing is written that another leader
 * could meet. A stop in order gives the Lease back.
 */
@Plugin({ name: 'leader-election', stage: 'prepare', contributes: [HealthCheck] })
export class LeaderElection implements Lifecycle, HealthCheck {
  readonly name = 'leader-election';
  readonly #identity: string;
  readonly #status: Gauge;
  /** The newest state of the Lease, and when it was first seen: clocks of other machines are not compared with ours. */
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;
  /** Whether the Lease was got in this run: its identity alone may also be another copy's, or that of an earlier run. */
  #leads = false;
  /** Why the Lease could not be read or written at the last attempt. */
  #problem: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    @inject(LeaderElectionOptions) private readonly options: LeaderElectionOptions,
    @inject(LeaseTimes) private readonly times: LeaseTimes,
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) metrics: Metrics,
    @inject(Leadership) private readonly leadership: Leadership,
  ) {
    const suffix = Buffer.from(random.bytes(4)).toString('hex');
    this.#identity = options.identity ?? `${process.env['HOSTNAME'] ?? 'kubewright'}_${suffix}`;
    this.#status = metrics.gauge({
      name: 'leader_election_master_status',
      help: 'Whether this copy of the program leads.',
      labelNames: ['name'],
    });
  }

  /** Resolves at once: a copy that does not lead runs, too, and works when it leads. */
  start({ signal, fail }: StartContext): Promise<void> {
    this.#tell(false);
    this.#running = this.#run(signal).catch((error: unknown) => {
      // Before the host knows: what works under the Lease ends now.
      this.leadership.close();
      if (!signal.aborted) fail(error);
    });
    return Promise.resolve();
  }

  /** What worked under the Lease has stopped by now, so another may begin at once; unless something of it still goes on. */
  async stop({ signal }: StopContext): Promise<void> {
    const isIdle = this.leadership.close();
    await this.#running;
    this.#tell(false);
    const { name: lease } = this.options;
    if (!isIdle) {
      this.logger.warn('the lease is not given back, as writes are under way; it runs out by itself', { lease });
      return;
    }
    const request = { signal, timeout: this.times.renewDeadline };
    try {
      const held = await this.#client.get(Lease, this.#key, request);
      const { holderIdentity, ...spec } = held.spec ?? {};
      if (holderIdentity === this.#identity) await this.#client.update(Lease, { ...held, spec }, request);
    } catch (error) {
      if (isNotFound(error)) return;
      this.logger.warn('the lease could not be given back; it runs out by itself', { lease, error });
    }
  }

  /** Not healthy while the Lease cannot be read or written: such a copy could not take over. */
  check(): Promise<HealthStatus> {
    return Promise.resolve(
      this.#problem === undefined
        ? { ok: true }
        : { ok: false, reason: `the Lease ${this.options.name} could not be read or written: ${this.#problem}` },
    );
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { retryPeriod, renewDeadline } = this.times;
    const { name: lease } = this.options;
    const identity = this.#identity;
    let attempt = await this.#attempt(this.clock.monotonic() + renewDeadline, signal);
    if (attempt.came === 'other') this.logger.info('another copy leads; this one is ready to', { lease, identity });
    while (attempt.came !== 'leading') {
      // Not a whole period past the end of a Lease that nobody renews.
      await this.clock.sleep(attempt.came === 'other' ? Math.min(retryPeriod, attempt.remaining) : retryPeriod, signal);
      attempt = await this.#attempt(this.clock.monotonic() + renewDeadline, signal);
    }
    this.#tell(true);
    this.leadership.renewed(attempt.sent);
    this.logger.info('leading', { lease, identity });
    await this.#renew(signal);
  }

  /**
   * Whether to go on trying counts from the last answer: what was renewed then cannot have been taken before. Whether to
   * work and write counts from the request, and is `Leadership`'s.
   */
  async #renew(signal: AbortSignal): Promise<void> {
    const { retryPeriod, renewDeadline } = this.times;
    let answered = this.clock.monotonic();
    let isDue = !this.leadership.leads;
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
      isDue = attempt.came === 'leading' && !this.leadership.leads;
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
      this.#problem = undefined;
      const remaining = lease === undefined ? 0 : this.#remainingOf(lease);
      if (remaining > 0) return { came: 'other', remaining };
      const spec = heldBy(this.#identity, lease?.spec, this.clock.now(), this.times.leaseDuration);
      const sent = this.leadership.moment;
      if (lease === undefined) await this.#client.create(Lease, { metadata: this.#key, spec }, request());
      else await this.#client.update(Lease, { ...lease, spec }, request());
      return { came: 'leading', sent };
    } catch (error) {
      signal.throwIfAborted();
      // Somebody else was faster; the next attempt sees who.
      if (isConflict(error) || isAlreadyExists(error)) return { came: 'unknown' };
      this.#problem = messageOf(error);
      this.logger.warn('the lease could not be read or written', { lease: this.options.name, error });
      return { came: 'unknown' };
    }
  }

  /** Milliseconds for which the Lease is another's, who may be alive; 0 where it is this copy's or anybody's. */
  #remainingOf({ metadata: { resourceVersion: version }, spec }: DeepReadonly<Lease>): number {
    const now = this.clock.monotonic();
    const known = this.#seen;
    const seen = known !== undefined && known.version === version ? known : { version, at: now };
    this.#seen = seen;
    // Whoever leads knows no pause in it: a Lease that was given back meanwhile was another's in between.
    if (this.#leads) return spec?.holderIdentity === this.#identity ? 0 : Infinity;
    if (!spec?.holderIdentity) return 0;
    return Math.max(0, seen.at + leaseDurationOf(spec, this.times.leaseDuration) - now);
  }

  #tell(leads: boolean): void {
    this.#leads = leads;
    this.#status.set(leads ? 1 : 0, { name: this.options.name });
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
 * A copy that does not lead is warm: its informers are complete, it answers probes, and its controllers begin when it leads. What
 * is written through `ctx` and the clients of `Cluster` is held against the Lease once more, so that a copy that was stopped or
 * cut off writes nothing when it goes on. A copy that loses the Lease stops its host with `KW_CONTROLLER_LEASE_LOST`, to be
 * started again. It needs the rights `get`, `create` and `update` on that Lease.
 *
 * @throws LEASE_TIMES
 */
export function leaderElection(options: LeaderElectionOptions): PluginLike {
  return [
    {
      name: 'leader-election-options',
      provides: [
        provide(LeaderElectionOptions, { value: options }),
        provide(LeaseTimes, { value: leaseTimes(options) }),
      ],
    },
    Leadership,
    LeaderElection,
  ];
}
