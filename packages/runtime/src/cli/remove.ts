import { rm as rmFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandHandler } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { addressOptions, stopOptions } from './options.js';
import { logPrefix } from './run.js';
import { findContainer, requireWords, withClient } from './with-client.js';

export const stop: CommandHandler<typeof stopOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const timeout = BigInt(Math.ceil(invocation.options.time / 1000));
    for (const word of requireWords(invocation.positionals, 'a container')) {
      const { id: containerId } = await findContainer(client, word);
      await client.runtime.stopContainer({ containerId, timeout });
    }
  });

export const rm: CommandHandler<typeof addressOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    for (const word of requireWords(invocation.positionals, 'a container')) {
      const { id: containerId, podSandboxId } = await findContainer(client, word);
      const { status } = await client.runtime.containerStatus({ containerId });
      await client.runtime.removeContainer({ containerId });
      const { containers } = await client.runtime.listContainers({ filter: { podSandboxId } });
      if (containers.length > 0) continue;
      await client.runtime.removePodSandbox({ podSandboxId });
      const logs = dirname(status?.logPath ?? '');
      if (logs.startsWith(join(tmpdir(), logPrefix))) await rmFile(logs, { recursive: true, force: true });
    }
  });

export const rmi: CommandHandler<typeof addressOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    for (const name of requireWords(invocation.positionals, 'an image')) {
      const { image } = await client.images.imageStatus({ image: { image: name } });
      if (image === undefined) throw runtimeErrors.IMAGE_UNKNOWN({ name });
      await client.images.removeImage({ image: { image: image.id } });
    }
  });
