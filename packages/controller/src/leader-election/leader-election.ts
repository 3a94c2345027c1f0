/**
 * One at a time: of several copies of a program the one that holds a Lease works, and the others wait to take its place. It is
 * a plugin that starts before informers and controllers, so that nothing of a copy runs that waits.
 */
import { formatMicroTime, isAlreadyExists, isConflict, isNotFound } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { Clock, Logger, Plugin, Random, inject, provide, token } from '@kubewright/core';
import type { Lifecycle, PluginLike, StartContext, StopContext, Token } from '@kubewright/core';
import type { Client, ObjectKey, RequestOptions } from '@kubewright/informer';
import { Cluster } from '../cluster/cluster.js';
import { controllerErrors } from '../errors/controller-errors.js';

export interface LeaderElectionOptions {
  /** The Lease's name, which all copies of the program share and no other program has. */
  readonly name: string;
  /** Default: that of the connection; in a Pod, the Pod's own. */
  readonly namespace?: string;
  /** What the Lease says of who leads. Default: `HOSTNAME`, which in a Pod is its name, and something random. */
  readonly identity?: string;
}

const LeaderElectionOptions: Token<LeaderElectionOptions> = token('@kubewright/controller/LeaderElectionOptions');

/** A Lease that was not renewed for so long is anybody's, in milliseconds. This and the next two are client-go's defaults. */
const leaseDuration = 15_000;
/** A leader that could not renew for so long stops, so that it has ended before another begins. */
const renewDeadline = 10_000;
const retryPeriod = 2_000;

/** What came of an attempt; `unknown` where the server could not be asked or the write failed. */
type Attempt = 'leading' | 'other' | 'unknown';

/**
 * Stops the program, by failing its host, when it can no longer be sure that it leads. A stop in order gives the Lease back.
 */
@Plugin({ name: 'leader-election', phase: 'webhooks' })
export class LeaderElection implements Lifecycle {
  readonly #identity: string;
  /** The newest state of the Lease, and when it was first seen: clocks of other machines are not compared with ours. */
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    @inject(LeaderElectionOptions) private readonly options: LeaderElectionOptions,
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) random: Random,
    @inject(Logger) private readonly logger: Logger,
  ) {
    const suffix = Buffer.from(random.bytes(4)).toString('hex');
    this.#identity = options.identity ?? `${process.env['HOSTNAME'] ?? 'kubewright'}_${suffix}`;
  }

  /** Resolves when this copy leads. */
  async start({ signal, fail }: StartContext): Promise<void> {
    let begun = this.clock.monotonic();
    while ((await this.#attempt(begun + renewDeadline, signal)) !== 'leading') {
      await this.clock.sleep(retryPeriod, signal);
      begun = this.clock.monotonic();
    }
    this.logger.info('leading', { lease: this.options.name, identity: this.#identity });
    this.#renewing = this.#renew(begun, signal).catch((error: unknown) => {
      if (!signal.aborted) fail(error);
    });
  }

  /** What worked under the Lease has stopped by now, so another may begin at once. */
  async stop({ signal }: StopContext): Promise<void> {
    await this.#renewing;
    const request = { signal, timeout: renewDeadline };
    try {
      const lease = await this.#client.get(Lease, this.#key, request);
      const { holderIdentity, ...spec } = lease.spec ?? {};
      if (holderIdentity === this.#identity) await this.#client.update(Lease, { ...lease, spec }, request);
    } catch (error) {
      this.logger.warn('the lease could not be given back; it runs out by itself', { lease: this.options.name, error });
    }
  }

  /** @param renewed - when the Lease was written last. */
  async #renew(renewed: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.sleep(retryPeriod, signal);
      const begun = this.clock.monotonic();
      const attempt = await this.#attempt(renewed + renewDeadline, signal);
      if (attempt === 'leading') renewed = begun;
      else if (attempt === 'other' || this.clock.monotonic() - renewed >= renewDeadline)
        throw controllerErrors.LEASE_LOST({ lease: this.options.name, identity: this.#identity });
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
      if (lease === undefined) {
        await this.#client.create(Lease, { metadata: this.#key, spec: this.#spec(undefined) }, request());
        return 'leading';
      }
      if (this.#isOthers(lease)) return 'other';
      await this.#client.update(Lease, { ...lease, spec: this.#spec(lease) }, request());
      return 'leading';
    } catch (error) {
      signal.throwIfAborted();
      // Somebody else was faster; the next attempt sees who.
      if (!isConflict(error) && !isAlreadyExists(error))
        this.logger.warn('the lease could not be written', { lease: this.options.name, error });
      return 'unknown';
    }
  }

  /** Whether another holds it and may be alive. */
  #isOthers({ metadata, spec }: Lease): boolean {
    const { resourceVersion: version } = metadata;
    const now = this.clock.monotonic();
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    if (!spec?.holderIdentity || spec.holderIdentity === this.#identity) return false;
    const duration = spec.leaseDurationSeconds === undefined ? leaseDuration : spec.leaseDurationSeconds * 1000;
    return now - (this.#seen?.at ?? now) < duration;
  }

  #spec(lease: Lease | undefined): NonNullable<Lease['spec']> {
    const { holderIdentity, acquireTime, leaseTransitions = 0 } = lease?.spec ?? {};
    const now = formatMicroTime(this.clock.now());
    const isOurs = holderIdentity === this.#identity;
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: leaseDuration / 1000,
      acquireTime: isOurs && acquireTime !== undefined ? acquireTime : now,
      renewTime: now,
      leaseTransitions: isOurs || lease === undefined ? leaseTransitions : leaseTransitions + 1,
    };
  }

  get #client(): Client {
    return this.cluster.client({ name: 'leader-election' });
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
 * A copy that waits has not started its controllers. It needs the rights `get`, `create` and `update` on that Lease.
 */
export function leaderElection(options: LeaderElectionOptions): PluginLike {
  return [
    { name: 'leader-election-options', provides: [provide(LeaderElectionOptions, { value: options })] },
    LeaderElection,
  ];
}
