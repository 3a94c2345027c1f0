import { once } from 'node:events';
import { SystemClock } from '@kubewright/core';
import type { CliInvocation } from '@kubewright/core';
import { NetworkDaemon } from '../daemon/network-daemon.js';
import type { ServeOptions } from './cni-commands.js';
import { lineLogger } from './line-logger.js';

/** Milliseconds that requests in progress get at the end. */
const grace = 30_000;

export async function serve({ options, signal }: CliInvocation): Promise<void> {
  const { socket, stateDir } = options as ServeOptions;
  const logger = lineLogger((line) => void process.stderr.write(line));
  const daemon = new NetworkDaemon({ socketPath: socket, stateDirectory: stateDir, logger });
  await daemon.start();
  process.stdout.write(`the network plugins are served at ${socket}\n`);
  if (!signal.aborted) await once(signal, 'abort');
  const late = new AbortController();
  using _limit = new SystemClock().setTimer(grace, () => late.abort());
  await daemon.stop(late.signal);
}
