import type { CommandHandler } from '@kubewright/core';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import type { addressOptions, psOptions } from './options.js';
import { table, withClient } from './with-client.js';

const shortId = 12;

export const ps: CommandHandler<typeof psOptions> = (invocation) =>
  withClient(invocation, async ({ runtime }) => {
    const running = { filter: { state: { state: ContainerState.CONTAINER_RUNNING } } };
    const { containers } = await runtime.listContainers(invocation.options.all ? {} : running);
    const rows = containers.map(({ id, metadata, state, image, podSandboxId }) => [
      id.slice(0, shortId),
      metadata?.name ?? '',
      ContainerState[state].replace('CONTAINER_', '').toLowerCase(),
      image?.userSpecifiedImage || (image?.image ?? ''),
      podSandboxId.slice(0, shortId),
    ]);
    invocation.io.stdout.write(table([['CONTAINER', 'NAME', 'STATE', 'IMAGE', 'POD'], ...rows]));
  });

export const images: CommandHandler<typeof addressOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const { images } = await client.images.listImages({});
    const rows = images.map(({ id, repoTags, size }) => [
      id.replace('sha256:', '').slice(0, shortId),
      `${(Number(size) / 1e6).toFixed(1)} MB`,
      repoTags.join(', ') || '<none>',
    ]);
    invocation.io.stdout.write(table([['IMAGE', 'SIZE', 'NAMES'], ...rows]));
  });
