import { toJson } from '@bufbuild/protobuf';
import type { CommandHandler } from '@kubewright/core';
import { ContainerStatusResponseSchema } from '@kubewright/cri-sdk/v1';
import type { addressOptions } from './options.js';
import { findContainer, withClient } from './with-client.js';

export const inspect: CommandHandler<typeof addressOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const { id: containerId } = await findContainer(client, invocation.positionals[0] ?? '');
    const answer = await client.runtime.containerStatus({ containerId, verbose: true });
    invocation.io.stdout.write(`${JSON.stringify(toJson(ContainerStatusResponseSchema, answer), undefined, 2)}\n`);
  });
