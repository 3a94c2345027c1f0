import { connectTo, ControllerManager } from '@kubewright/controller';
import { Host } from '@kubewright/core';
import type { CliInvocation } from '@kubewright/core';
import { inCluster, kubeconfig } from '@kubewright/informer';
import { overlay } from '../overlay/overlay.js';
import type { OverlayCommandOptions } from './cni-commands.js';

export async function runOverlay({ options, signal }: CliInvocation): Promise<void> {
  const {
    node: nodeName,
    kubeconfig: path,
    context,
    stateDir: stateDirectory,
    family,
    ...vxlan
  } = options as OverlayCommandOptions;
  const file = { ...(path === undefined ? {} : { path }), ...(context === undefined ? {} : { context }) };
  const host = new Host({ name: 'kubewright-overlay' })
    .use(connectTo(vxlan.inCluster ? inCluster() : kubeconfig(file)))
    .use(ControllerManager)
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
}
