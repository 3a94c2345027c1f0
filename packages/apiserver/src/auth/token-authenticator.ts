import { createHash, timingSafeEqual } from 'node:crypto';
import { statusErrors } from '@kubewright/api';
import { Plugin, last } from '@kubewright/core';
import { Authenticator } from './authenticator.js';
import type { AuthenticationRequest, User } from './authenticator.js';

export interface StaticToken {
  readonly token: string;
  readonly user: User;
}

/** Bearer tokens known from the start, as an embedded cluster hands to its administrator and its own components. */
export class TokenAuthenticator implements Authenticator {
  readonly #users: readonly { readonly digest: Buffer; readonly user: User }[];

  constructor(tokens: readonly StaticToken[]) {
    this.#users = tokens.map(({ token, user }) => ({ digest: digest(token), user }));
  }

  authenticate(request: AuthenticationRequest): Promise<User | undefined> {
    const token = bearerToken(request);
    if (token === undefined) return Promise.resolve(undefined);
    const asked = digest(token);
    // Every entry is compared, in constant time each: how long the answer takes says nothing about the tokens.
    let found: User | undefined;
    for (const { digest: known, user } of this.#users) if (timingSafeEqual(known, asked)) found = user;
    return Promise.resolve(found);
  }
}

/**
 * The token of an `Authorization: Bearer` header, or of the subprotocol that browsers have to use instead where they open a WebSocket. As
 * upstream reads it, the token is what stands between the first space and the second.
 */
export function bearerToken({ headers = {} }: AuthenticationRequest): string | undefined {
  const [scheme = '', token = ''] = (headers['authorization'] ?? '').trim().split(' ');
  if (scheme.toLowerCase() === 'bearer' && token !== '') return token;
  if (headers['upgrade']?.toLowerCase() !== 'websocket') return undefined;
  const encoded = /(?:^|,)\s*base64url\.bearer\.authorization\.k8s\.io\.([\w-]+)/.exec(
    headers['sec-websocket-protocol'] ?? '',
  )?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

/** Answers 401 for a bearer token that no authenticator before it knew. Goes last. */
@Plugin({ name: 'unknown-token-authenticator', contributes: [last(Authenticator)] })
export class UnknownTokenAuthenticator implements Authenticator {
  authenticate(request: AuthenticationRequest): Promise<User | undefined> {
    return bearerToken(request) === undefined
      ? Promise.resolve(undefined)
      : Promise.reject(statusErrors.unauthorized());
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
