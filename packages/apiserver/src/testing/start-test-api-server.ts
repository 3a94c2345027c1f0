import { Clock, Host, Logger, contribute, provide } from '@kubewright/core';
import type { PluginLike, PluginReference } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';
import { ServiceAccountAdmission } from '../admission/plugins/service-account.js';
import { AnonymousAuthenticator } from '../auth/anonymous-authenticator.js';
import type { User } from '../auth/authenticator.js';
import { serverLevel } from '../server-level.js';
import { ApiServer } from '../server/api-server.js';
import { apiServer } from '../server/api-server-plugins.js';
import type { ApiServerOptions } from '../server/api-server-plugins.js';
import { defaultNamespaces } from '../server/create-missing.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { Storage } from '../storage/storage.js';

export interface TestApiServerOptions extends ApiServerOptions {
  /** Closed when the server stops. Default: one in memory. */
  readonly storage?: Storage;
  /** Admission plugins, authenticators, handlers and whatever else the server is to have. */
  readonly plugins?: readonly PluginLike[];
  /** The server's own plugins that do not run. Default: `ServiceAccountAdmission` and `AnonymousAuthenticator`. */
  readonly without?: readonly PluginReference[];
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

export interface TestApiServer {
  readonly server: ApiServer;
  /** Requests as a cluster administrator. */
  readonly transport: Transport;
  /** For contributions to a server that runs, and for what is bound in it. */
  readonly host: Host;
  stop(): Promise<void>;
}

const admin: User = { name: 'test-admin', groups: ['system:masters', 'system:authenticated'] };

/**
 * Starts a server inside the process: memory storage, no roles (the administrator needs none), nobody anonymous, and no
 * ServiceAccount admission, because no controller makes the accounts. Options replace these choices.
 */
export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const {
    storage = new MemoryStorage(),
    plugins = [],
    clock,
    logger,
    bootstrap = defaultNamespaces,
    maxInFlight,
  } = options;
  const host = new Host({ name: 'test-api-server', levels: [serverLevel] })
    .use({
      name: 'given',
      provides: [
        ...(clock ? [provide(Clock, { value: clock })] : []),
        ...(logger ? [provide(Logger, { value: logger })] : []),
      ],
      contributes: [contribute(Storage, { value: storage })],
      stop: () => storage.close(),
    })
    .use([apiServer({ bootstrap, ...(maxInFlight && { maxInFlight }) }), ...plugins])
    .without(...(options.without ?? [ServiceAccountAdmission, AnonymousAuthenticator]));
  await host.start();
  const server = host.get(ApiServer);
  return { server, host, transport: server.transport(admin), stop: () => host.stop() };
}
