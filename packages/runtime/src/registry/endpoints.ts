/** Where a registry's content may be fetched from instead, by the registry's host: base URLs, tried in order. */
export type MirrorTable = Readonly<Record<string, readonly string[]>>;

/** A server that may have a registry's content. */
export interface Endpoint {
  /** Without a slash at the end, as `https://registry-1.docker.io`. */
  readonly url: string;
  /** Whether it is the registry itself: credentials are for it alone. */
  readonly own: boolean;
}

/** Docker Hub serves its protocol under another name than its images have. */
const realHosts: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** The servers to ask for a registry's content: its mirrors (or those of `*`), then itself. */
export function endpointsOf(registry: string, mirrors: MirrorTable): readonly Endpoint[] {
  const instead = mirrors[registry] ?? mirrors['*'] ?? [];
  const host = realHosts[registry] ?? registry;
  const own = `${isLoopback(host) ? 'http' : 'https'}://${host}`;
  const others = instead.map((url) => url.replace(/\/+$/, '')).filter((url) => url !== own);
  return [...others.map((url) => ({ url, own: false })), { url: own, own: true }];
}

/** Registries on this machine need no TLS: nobody is in between. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
