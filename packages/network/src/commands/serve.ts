import { once } from 'node:events';
import type { CliInvocation } from '@kubewright/core';
import { NetworkDaemon } from '../daemon/network-daemon.js';
import type { ServeOptions } from './cni-commands.js';

/** Milliseconds that requests in progress get at the end. */
const grace = 30_000;

export async function serve({ options, signal }: CliInvocation): Promise<void> {
  const { socket, stateDir } = options as ServeOptions;
  const daemon = new NetworkDaemon({ socketPath: socket, stateDirectory: stateDir });
  await daemon.start();
  if (!signal.aborted) await once(signal, 'abort');
  await daemon.stop(AbortSignal.timeout(grace));
}
