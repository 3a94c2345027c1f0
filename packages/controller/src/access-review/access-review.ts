/**
 * Who may read what a program serves itself, as its metrics: the cluster decides. A bearer token is reviewed (TokenReview), then
 * whether its user may (SubjectAccessReview), as kube-apiserver's own components and controller-runtime's metrics do. Neighbours:
 * servers of ports, which ask here and turn the verdict into an answer.
 */
import { createHash } from 'node:crypto';
import { TokenReview } from '@kubewright/api/authentication/v1';
import type { UserInfo } from '@kubewright/api/authentication/v1';
import { SubjectAccessReview } from '@kubewright/api/authorization/v1';
import type { Clock } from '@kubewright/core';
import { SingleFlight } from '@kubewright/core/async';
import type { Client } from '@kubewright/informer';

export interface AccessRequest {
  /** The value of the header `Authorization`. */
  readonly authorization: string | undefined;
  /** In lower case: an HTTP method, as `get`. */
  readonly verb: string;
  /** As a ClusterRole's `nonResourceURLs` names it. */
  readonly path: string;
}

/** `unknown` is for who shows no token, or one that the cluster does not know; `denied` for a user without the right. */
export type AccessVerdict =
  { readonly verdict: 'allowed' | 'denied'; readonly user: string } | { readonly verdict: 'unknown' };

/** How long a verdict holds, in milliseconds: controller-runtime's for tokens, and for a denial. */
const tokenLifetime = 60_000;
const denialLifetime = 30_000;
/** Strangers can make up tokens; the oldest verdict goes first. */
const mostVerdicts = 1_000;
/** controller-runtime's limit for a review, in milliseconds. */
const reviewTimeout = 10_000;

interface Remembered {
  readonly verdict: AccessVerdict;
  readonly until: number;
}

export class AccessReview {
  readonly #client: Client;
  readonly #clock: Clock;
  /** By a digest, so that no token stays in memory. */
  readonly #verdicts = new Map<string, Remembered>();
  readonly #asking = new SingleFlight<AccessVerdict>();

  /** @param client - may create TokenReviews and SubjectAccessReviews, in every copy of the program, whoever leads. */
  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Rejects with the client's error where the cluster cannot be asked, or may not be: then nobody knows. */
  async judge({ authorization = '', verb, path }: AccessRequest): Promise<AccessVerdict> {
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) return { verdict: 'unknown' };
    const key = createHash('sha256').update(`${verb}\n${path}\n${token}`).digest('base64');
    const known = this.#verdicts.get(key);
    if (known !== undefined && known.until > this.#clock.monotonic()) return known.verdict;
    return this.#asking.run(key, async () => {
      const verdict = await this.#ask(token, verb, path);
      this.#remember(key, verdict);
      return verdict;
    });
  }

  async #ask(token: string, verb: string, path: string): Promise<AccessVerdict> {
    const options = { timeout: reviewTimeout };
    const { status } = await this.#client.create(TokenReview, { metadata: {}, spec: { token } }, options);
    if (status?.authenticated !== true) return { verdict: 'unknown' };
    const user = status.user ?? {};
    const asked = { metadata: {}, spec: { ...subjectOf(user), nonResourceAttributes: { verb, path } } };
    const review = await this.#client.create(SubjectAccessReview, asked, options);
    return { verdict: review.status?.allowed === true ? 'allowed' : 'denied', user: user.username ?? '' };
  }

  #remember(key: string, verdict: AccessVerdict): void {
    const lifetime = verdict.verdict === 'denied' ? denialLifetime : tokenLifetime;
    this.#verdicts.delete(key);
    this.#verdicts.set(key, { verdict, until: this.#clock.monotonic() + lifetime });
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= mostVerdicts) return;
      this.#verdicts.delete(oldest);
    }
  }
}

function subjectOf({ username, uid, groups, extra }: UserInfo): SubjectAccessReview['spec'] {
  return {
    ...(username !== undefined && { user: username }),
    ...(uid !== undefined && { uid }),
    ...(groups !== undefined && { groups }),
    ...(extra !== undefined && { extra }),
  };
}
