import type { Transport } from '@kubewright/informer';
import type { User } from '../auth/authenticator.js';
import { ApiServer } from '../server/api-server.js';
import type { ApiServerOptions } from '../server/api-server.js';
import { defaultNamespaces } from '../server/create-missing.js';
import { MemoryStorage } from '../storage/memory-storage.js';

export interface TestApiServer {
  readonly server: ApiServer;
  /** Requests as a cluster administrator. */
  readonly transport: Transport;
  stop(): Promise<void>;
}

const admin: User = { name: 'test-admin', groups: ['system:masters', 'system:authenticated'] };

/**
 * Starts a server inside the process: memory storage, no roles (the administrator needs none), and no ServiceAccount
 * admission, because no controller makes the accounts. Options replace these choices.
 */
export async function startTestApiServer(options: Partial<ApiServerOptions> = {}): Promise<TestApiServer> {
  const server = new ApiServer({
    storage: new MemoryStorage(),
    bootstrap: defaultNamespaces,
    disabledAdmission: ['ServiceAccount'],
    ...options,
  });
  await server.start();
  return { server, transport: server.transport(admin), stop: () => server.stop() };
}
