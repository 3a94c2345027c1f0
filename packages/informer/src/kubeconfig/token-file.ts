import { readFile } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import type { Credential, Credentials } from '../transport/credentials.js';

/** How long a token is used before its file is read again: the kubelet replaces a projected token well before it expires. */
const rereadAfter = 60_000;

/** A bearer token in a file that somebody else replaces from time to time. */
export class TokenFile implements Credentials {
  readonly #path: string;
  readonly #clock: Clock;
  #last: { readonly credential: Credential; readonly readAt: number } | undefined;

  /** @param token - sent for as long as the file cannot be read. Default: none, which makes that an error. */
  constructor(path: string, clock: Clock, token?: string) {
    this.#path = path;
    this.#clock = clock;
    if (token !== undefined)
      this.#last = { credential: { authorization: `Bearer ${token}` }, readAt: Number.NEGATIVE_INFINITY };
  }

  /** An unreadable file is an error only where no token was read or given before. */
  async get(): Promise<Credential> {
    const now = this.#clock.monotonic();
    if (this.#last !== undefined && now - this.#last.readAt < rereadAfter) return this.#last.credential;
    let text = '';
    let cause: unknown;
    try {
      text = (await readFile(this.#path, 'utf8')).trim();
    } catch (error) {
      cause = error;
    }
    if (text !== '') this.#last = { credential: { authorization: `Bearer ${text}` }, readAt: now };
    if (this.#last === undefined) throw informerErrors.CREDENTIAL_FILE({ path: this.#path }, { cause });
    return this.#last.credential;
  }

  invalidate(): void {
    if (this.#last !== undefined) this.#last = { ...this.#last, readAt: Number.NEGATIVE_INFINITY };
  }
}
