import { toJson } from '@bufbuild/protobuf';
import type { CliHandler } from '@kubewright/core';
import { ContainerStatusResponseSchema } from '@kubewright/cri-sdk/v1';
import { findContainer, withClient } from './with-client.js';

export const inspect: CliHandler = (invocation) =>
  withClient(invocation, async (client) => {
    const { id: containerId } = await findContainer(client, invocation.positionals[0] ?? '');
    const answer = await client.runtime.containerStatus({ containerId, verbose: true });
    process.stdout.write(`${JSON.stringify(toJson(ContainerStatusResponseSchema, answer), undefined, 2)}\n`);
  });
