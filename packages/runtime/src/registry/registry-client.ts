import type { Agent, Dispatcher } from 'undici';
import type { Clock } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { largestManifest } from '../image-spec/manifest.js';
import { basicHeader, parseChallenges, tokenRequest } from './credentials.js';
import type { Challenge, RegistryCredentials } from './credentials.js';
import { endpointsOf, isLoopback } from './endpoints.js';
import type { Endpoint, MirrorTable } from './endpoints.js';
import { repositoryName } from './reference.js';
import type { ImageReference } from './reference.js';

/** Milliseconds without a byte after which a connection counts as dead. */
const silence = 30_000;
const mostRedirects = 5;
/** Bytes of a token with what is said about it; servers take headers of less. */
const largestToken = 256 * 1024;
/** Used where a token does not say how long it is good, in milliseconds: the protocol's default. */
const tokenLifetime = 60_000;
/** Each stands for a repository and those who may see it. */
const mostTokens = 1_000;

export interface RegistryClientOptions {
  readonly clock: Clock;
  readonly mirrors?: MirrorTable;
}

/** An answer whose body has to be read or destroyed. */
export type RegistryAnswer = Dispatcher.ResponseData;

interface Token {
  readonly header: string;
  readonly expires: number;
}

/**
 * Speaks the OCI distribution protocol with registries and their mirrors: follows redirects (without credentials to other
 * hosts), answers challenges, and reuses connections and tokens.
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  /** Made, and its library loaded, when it is needed. */
  #agent: Agent | undefined;
  readonly #tokens = new Map<string, Token>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  /** The manifest or index of a name, as bytes, with its media type. @throws IMAGE_NOT_FOUND, REGISTRY_UNAVAILABLE */
  async manifest(
    reference: ImageReference,
    target: string,
    accept: readonly string[],
    credentials: RegistryCredentials,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Buffer; readonly mediaType: string }> {
    const headers = { accept: accept.join(', ') };
    const answer = await this.fetch(reference, `manifests/${target}`, headers, credentials, signal);
    const bytes = await readAtMost(answer.body, largestManifest);
    if (bytes === undefined)
      throw runtimeErrors.MANIFEST_INVALID({ digest: target, reason: `it is larger than ${largestManifest} bytes` });
    const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    return { bytes, mediaType: type.trim() };
  }

  /**
   * Fetches a path of the repository from the first server that has it. The answer is 200, 206 or 416.
   *
   * @throws IMAGE_NOT_FOUND where every server says so, REGISTRY_REFUSED, REGISTRY_UNAVAILABLE
   */
  async fetch(
    reference: ImageReference,
    path: string,
    headers: Readonly<Record<string, string>>,
    credentials: RegistryCredentials,
    signal: AbortSignal,
  ): Promise<RegistryAnswer> {
    let failure: unknown;
    for (const endpoint of endpointsOf(reference.registry, this.#options.mirrors ?? {})) {
      signal.throwIfAborted();
      try {
        return await this.#fetchFrom(endpoint, reference, path, headers, endpoint.own ? credentials : {}, signal);
      } catch (error) {
        signal.throwIfAborted();
        // What the registry itself says counts; a mirror's failure only where nothing better is known.
        failure = error;
      }
    }
    throw failure;
  }

  async #fetchFrom(
    endpoint: Endpoint,
    reference: ImageReference,
    path: string,
    headers: Readonly<Record<string, string>>,
    credentials: RegistryCredentials,
    signal: AbortSignal,
  ): Promise<RegistryAnswer> {
    const url = `${endpoint.url}/v2/${reference.repository}/${path}`;
    const scope = `repository:${reference.repository}:pull`;
    const key = `${endpoint.url} ${scope} ${JSON.stringify(credentials)}`;
    const what = `${repositoryName(reference)}/${path}`;
    let answer = await this.#send(url, { ...headers, ...this.#known(key, credentials) }, signal);
    if (answer.statusCode === 401) {
      await answer.body.dump();
      const challenge = parseChallenges(String(answer.headers['www-authenticate'] ?? ''));
      const authorization = challenge && (await this.#authorize(challenge, credentials, scope, key, signal));
      if (authorization !== undefined) answer = await this.#send(url, { ...headers, authorization }, signal);
    }
    const { statusCode } = answer;
    if ([200, 206, 416].includes(statusCode)) return answer;
    await answer.body.dump();
    const registry = new URL(endpoint.url).host;
    if (statusCode === 404) throw runtimeErrors.IMAGE_NOT_FOUND({ reference: what });
    if (statusCode >= 500 || statusCode === 429) {
      throw runtimeErrors.REGISTRY_UNAVAILABLE({ registry, reason: `it answered ${statusCode}` });
    }
    throw runtimeErrors.REGISTRY_REFUSED({ registry, status: statusCode, what });
  }

  async #send(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RegistryAnswer> {
    let target = new URL(url);
    let sent: Record<string, string> = { 'user-agent': 'kubewright', ...headers };
    for (let hops = 0; ; hops++) {
      const answer = await this.#request(target, { headers: sent, signal, method: 'GET' });
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof location !== 'string') return answer;
      await answer.body.dump();
      const next = new URL(location, target);
      const refused =
        next.protocol !== 'https:' &&
        !(next.protocol === 'http:' && (target.protocol === 'http:' || isLoopback(next.host)));
      if (hops >= mostRedirects || refused) {
        throw runtimeErrors.REGISTRY_UNAVAILABLE({ registry: target.host, reason: `it redirects to '${next.origin}'` });
      }
      if (next.host !== target.host) {
        const { authorization: _secret, ...rest } = sent;
        sent = rest;
      }
      target = next;
    }
  }

  async #request(
    url: URL,
    options: {
      readonly headers: Record<string, string>;
      readonly signal: AbortSignal;
      readonly method: 'GET' | 'POST';
      readonly body?: string;
    },
  ): Promise<RegistryAnswer> {
    try {
      const { Agent, request } = await import('undici');
      this.#agent ??= new Agent({ headersTimeout: silence, bodyTimeout: silence, connect: { timeout: 10_000 } });
      return await request(url, { ...options, dispatcher: this.#agent });
    } catch (cause) {
      options.signal.throwIfAborted();
      const reason = messageOf(cause);
      throw runtimeErrors.REGISTRY_UNAVAILABLE({ registry: url.host, reason }, { cause });
    }
  }

  /** What is sent without being asked: a token that is still good. */
  #known(key: string, { registryToken }: RegistryCredentials): Record<string, string> {
    if (registryToken !== undefined) return { authorization: `Bearer ${registryToken}` };
    const token = this.#tokens.get(key);
    if (token === undefined) return {};
    if (token.expires > this.#options.clock.monotonic()) return { authorization: token.header };
    this.#tokens.delete(key);
    return {};
  }

  async #authorize(
    challenge: Challenge,
    credentials: RegistryCredentials,
    scope: string,
    key: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { clock } = this.#options;
    if (challenge.scheme === 'basic') {
      if (credentials.username === undefined) return undefined;
      const header = basicHeader(credentials);
      this.#remember(key, { header, expires: Infinity });
      return header;
    }
    const { url, ...rest } = tokenRequest(challenge, credentials, scope);
    if (!URL.canParse(url)) return undefined;
    const target = new URL(url);
    // A token server over plain http would see the password; only on this machine is nobody in between.
    if (target.protocol !== 'https:' && !isLoopback(target.host)) return undefined;
    const answer = await this.#request(target, { ...rest, signal });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw runtimeErrors.REGISTRY_REFUSED({
        registry: target.host,
        status: answer.statusCode,
        what: `a token for ${scope}`,
      });
    }
    const body = tokenOf(await readAtMost(answer.body, largestToken), target.host);
    const token = body.token ?? body.access_token;
    if (typeof token !== 'string') return undefined;
    const lifetime = typeof body.expires_in === 'number' ? body.expires_in * 1000 : tokenLifetime;
    const header = `Bearer ${token}`;
    // Given up a little early, so that it does not run out on the way.
    this.#remember(key, { header, expires: clock.monotonic() + lifetime * 0.8 });
    return header;
  }

  #remember(key: string, token: Token): void {
    this.#tokens.set(key, token);
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined && this.#tokens.size > mostTokens) this.#tokens.delete(oldest);
  }
}

/** Undefined where there is more. */
async function readAtMost(body: RegistryAnswer['body'], most: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  const arriving: AsyncIterable<Buffer> = body;
  for await (const part of arriving) {
    size += part.length;
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

interface TokenAnswer {
  readonly token?: unknown;
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
}

function tokenOf(bytes: Buffer | undefined, registry: string): TokenAnswer {
  try {
    const parsed: unknown = bytes && JSON.parse(bytes.toString());
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // It is told below.
  }
  throw runtimeErrors.REGISTRY_UNAVAILABLE({ registry, reason: 'its answer to a request for a token cannot be used' });
}
