/**
 * Expectations: what a controller has asked for and not seen in its cache yet. Until they are met it does not create or
 * delete again, so a lagging cache never makes it do a thing twice.
 *
 * Creations are counted, deletions are kept by uid: the deletion timestamp and the final removal of one pod are one event.
 */
import { compareResourceVersion } from '@kubewright/api';
import type { Clock } from '@kubewright/core';

/** Upstream's ControllerExpectations give up after this long: an event was lost, and acting is better than waiting for ever. */
const expiry = 5 * 60_000;

interface Expectation {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
  /** That of the newest child that was made. */
  made: string | undefined;
}

export class Expectations {
  readonly #byOwner = new Map<string, Expectation>();

  constructor(private readonly clock: Clock) {}

  /** Set before the calls are made, since their events may arrive before their answers. Replaces what was expected before. */
  expect(owner: string, { creations = 0, deletions = [] }: { creations?: number; deletions?: Iterable<string> }): void {
    this.#byOwner.set(owner, {
      creations,
      deletions: new Set(deletions),
      since: this.clock.monotonic(),
      made: undefined,
    });
  }

  /** A child appeared, or its creation failed. */
  creationObserved(owner: string, count = 1): void {
    const expectation = this.#byOwner.get(owner);
    if (expectation) expectation.creations -= count;
  }

  /** A child was made, with this resourceVersion: a cache that is complete up to all of them has nothing more to show. */
  made(owner: string, resourceVersion = ''): void {
    const expectation = this.#byOwner.get(owner);
    if (expectation === undefined || resourceVersion === '') return;
    const { made } = expectation;
    if (made === undefined || compareResourceVersion(made, resourceVersion) < 0) expectation.made = resourceVersion;
  }

  /** A child is going or gone, or its deletion failed. */
  deletionObserved(owner: string, uid: string): void {
    this.#byOwner.get(owner)?.deletions.delete(uid);
  }

  /**
   * Whether the cache has caught up. To be asked before the cache is read: what arrives in between is then counted in both,
   * never in neither. Its events say so, or its version does: a child that was made and removed between two events is never
   * seen.
   *
   * @param cacheVersion - up to where the cache of the children is complete. Default: unknown.
   */
  satisfied(owner: string, cacheVersion = ''): boolean {
    const expectation = this.#byOwner.get(owner);
    if (expectation === undefined) return true;
    const { creations, deletions, since, made } = expectation;
    if (creations <= 0 && deletions.size === 0) return true;
    if (this.clock.monotonic() - since > expiry) return true;
    return made !== undefined && cacheVersion !== '' && compareResourceVersion(cacheVersion, made) >= 0;
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }
}
