/**
 * Registries: names of images, and the OCI distribution protocol. Neighbours: `content` keeps what is fetched, `images`
 * decides what to fetch.
 *
 * This file: what a registry asks for before it gives content: Basic, or a token from another server (Bearer).
 */

/** Credentials of one pull. An empty object is an anonymous pull. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** A token to get tokens with (OAuth 2 refresh token). */
  readonly identityToken?: string;
  /** A token that is sent as it is. */
  readonly registryToken?: string;
}

/** A parsed `WWW-Authenticate` header. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/** The first challenge that can be met; Bearer before Basic. */
export function parseChallenges(header: string): Challenge | undefined {
  const found = [...header.matchAll(/(?<=^|[,\s])(basic|bearer)\s+((?:[\w-]+=(?:"[^"]*"|[^",\s]+)(?:,\s*)?)*)/gi)].map(
    ([, scheme = '', parameters = '']): Challenge => ({
      scheme: scheme.toLowerCase() === 'bearer' ? 'bearer' : 'basic',
      parameters: Object.fromEntries(
        [...parameters.matchAll(/([\w-]+)=(?:"([^"]*)"|([^",\s]+))/g)].map(([, name = '', quoted, bare]) => [
          name.toLowerCase(),
          quoted ?? bare ?? '',
        ]),
      ),
    }),
  );
  return found.find(({ scheme }) => scheme === 'bearer') ?? found[0];
}

export function basicHeader({ username = '', password = '' }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The request for a token: a GET with Basic credentials if there are any, or a POST with an identity token. */
export function tokenRequest(
  { parameters }: Challenge,
  credentials: RegistryCredentials,
  scope: string,
): {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
} {
  const query = new URLSearchParams({ scope: parameters['scope'] ?? scope });
  if (parameters['service'] !== undefined) query.set('service', parameters['service']);
  const realm = parameters['realm'] ?? '';
  if (credentials.identityToken !== undefined) {
    query.set('grant_type', 'refresh_token');
    query.set('refresh_token', credentials.identityToken);
    query.set('client_id', 'kubewright');
    return {
      url: realm,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: query.toString(),
    };
  }
  const authorization = credentials.username === undefined ? undefined : basicHeader(credentials);
  const url = `${realm}${realm.includes('?') ? '&' : '?'}${query.toString()}`;
  return { url, method: 'GET', headers: authorization === undefined ? {} : { authorization } };
}
