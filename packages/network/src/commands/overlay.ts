import { connectTo, controllerHost } from '@kubewright/controller';
import { Clock, Host, Logger, Random } from '@kubewright/core';
import type { CommandHandler } from '@kubewright/core';
import { inCluster, kubeconfig } from '@kubewright/informer';
import { overlay } from '../overlay/overlay.js';
import type { overlaySettings } from './options.js';

export const runOverlay: CommandHandler<typeof overlaySettings> = async (invocation) => {
  const { options, clock, logger, random, signal } = invocation;
  const { node: nodeName, kubeconfig: path, context, stateDir: stateDirectory, family, ...vxlan } = options;
  const file = { ...(path === undefined ? {} : { path }), ...(context === undefined ? {} : { context }) };
  const host = new Host({ name: 'kubewright-overlay' })
    .override(Clock, clock)
    .override(Logger, logger)
    .override(Random, random)
    .use(connectTo(vxlan.inCluster ? inCluster() : kubeconfig(file)))
    .use(controllerHost)
    .use(overlay({ ...vxlan, nodeName, stateDirectory, family: family === '6' ? 6 : 4 }));
  const stop = (): void => void host.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    await host.start();
    await host.closed;
  } finally {
    signal.removeEventListener('abort', stop);
    await host.stop();
  }
};
