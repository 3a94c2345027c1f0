import { once } from 'node:events';
import type { CommandHandler } from '@kubewright/core';
import { NetworkDaemon } from '../daemon/network-daemon.js';
import type { serveSettings } from './options.js';

/** Milliseconds that requests in progress get at the end. */
const grace = 30_000;

export const serve: CommandHandler<typeof serveSettings> = async ({ options, io, logger, clock, signal }) => {
  const { socket, stateDir } = options;
  const daemon = new NetworkDaemon({ socketPath: socket, stateDirectory: stateDir, logger });
  await daemon.start();
  io.stdout.write(`the network plugins are served at ${socket}\n`);
  if (!signal.aborted) await once(signal, 'abort');
  const late = new AbortController();
  using _limit = clock.setTimer(grace, () => late.abort());
  await daemon.stop(late.signal);
};
