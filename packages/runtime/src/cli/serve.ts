import { once } from 'node:events';
import { SystemClock, SystemRandom } from '@kubewright/core';
import type { CliHandler } from '@kubewright/core';
import { ProcessExecutor } from '@kubewright/cni-sdk';
import { CniNetwork } from '../network/cni-network.js';
import { ContainerRuntime } from '../runtime.js';

export const serve: CliHandler = async ({ options, signal }) => {
  const text = (name: string): string => String(options[name]);
  const network = new CniNetwork({
    directory: text('networks'),
    path: [text('plugins')],
    cacheDirectory: '/var/lib/cni',
    executor: new ProcessExecutor(),
  });
  await using runtime = await ContainerRuntime.start({
    address: text('address'),
    root: text('root'),
    state: text('state'),
    program: text('program'),
    network,
    clock: new SystemClock(),
    random: new SystemRandom(),
  });
  process.stdout.write(`the container runtime listens on ${runtime.address}\n`);
  if (!signal.aborted) await once(signal, 'abort');
};
