import { SystemClock } from '@kubewright/core';
import type { CliHandler } from '@kubewright/core';
import { readLog } from '@kubewright/cri-sdk';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { findContainer, withClient } from './with-client.js';

export const logs: CliHandler = (invocation) =>
  withClient(invocation, async (client) => {
    const { id: containerId } = await findContainer(client, invocation.positionals[0]);
    const { status } = await client.runtime.containerStatus({ containerId });
    if (status === undefined || status.logPath === '') return;
    const ended = async (): Promise<boolean> => {
      const answer = await client.runtime.containerStatus({ containerId });
      return answer.status?.state !== ContainerState.CONTAINER_RUNNING;
    };
    const follow = invocation.options['follow'] === true ? { follow: { clock: new SystemClock(), ended } } : {};
    for await (const { stream, content, partial } of readLog(status.logPath, {
      signal: invocation.signal,
      ...follow,
    })) {
      const to = stream === 'stdout' ? process.stdout : process.stderr;
      to.write(content);
      if (!partial) to.write('\n');
    }
  });
