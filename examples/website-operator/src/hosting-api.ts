import { Plugin, token } from 'kubewright';
import type { Token } from 'kubewright';

/** Somebody else's service, in which every website has an account. */
export interface HostingApi {
  /** Idempotent. */
  register(site: string): Promise<void>;
  /** Idempotent. */
  delete(site: string): Promise<void>;
}

export const HostingApi: Token<HostingApi> = token('example/HostingApi');

/** Keeps the accounts in memory, where a real one would call the provider. */
@Plugin({ name: 'in-memory-hosting', provides: [HostingApi] })
export class InMemoryHosting implements HostingApi {
  readonly accounts = new Set<string>();

  register(site: string): Promise<void> {
    this.accounts.add(site);
    return Promise.resolve();
  }

  delete(site: string): Promise<void> {
    this.accounts.delete(site);
    return Promise.resolve();
  }
}
