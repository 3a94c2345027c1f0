import { CniDaemon } from '@kubewright/cni-sdk';
import type { Logger } from '@kubewright/core';
import { HostNetwork } from '../host/host-network.js';
import type { HostNetworkOptions } from '../host/host-network.js';
import { defaultPaths } from './default-network.js';
import { networkPlugins } from './network-plugins.js';

export interface NetworkDaemonOptions extends HostNetworkOptions {
  /** Where it listens. Default: `/run/kubewright/cni/daemon.sock`. */
  readonly socketPath?: string;
  readonly logger?: Logger;
}

/**
 * Serves the plugins until it is stopped. What it needs to know of pods is on disk and in the kernel: killed at any moment and
 * started again, it goes on where it was.
 */
export class NetworkDaemon implements AsyncDisposable {
  readonly #host: HostNetwork;
  readonly #daemon: CniDaemon;

  constructor(options: NetworkDaemonOptions = {}) {
    const { socketPath = defaultPaths.socket, clock, logger } = options;
    this.#host = new HostNetwork(options);
    this.#daemon = new CniDaemon({
      plugins: networkPlugins(this.#host),
      socketPath,
      ...(clock === undefined ? {} : { clock }),
      ...(logger === undefined ? {} : { logger }),
    });
  }

  /** Resolves when requests are taken. @throws KW_CNI_DAEMON_RUNNING where another one serves the socket. */
  start(): Promise<void> {
    return this.#daemon.start();
  }

  /** Waits for requests in progress; the signal ends the wait. */
  async stop(signal?: AbortSignal): Promise<void> {
    await this.#daemon.stop(signal);
    await this.#host.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
