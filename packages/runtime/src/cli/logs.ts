import { existsSync } from 'node:fs';
import type { CommandContext, CommandHandler } from '@kubewright/core';
import { readLog } from '@kubewright/cri-sdk';
import type { CriClient } from '@kubewright/cri-sdk';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import type { logOptions } from './options.js';
import { findContainer, requireWords, withClient } from './with-client.js';
import { writeOutput } from './write-output.js';

const newline = Buffer.from('\n');

export const logs: CommandHandler<typeof logOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const [word] = requireWords(invocation.positionals, 'a container');
    const { id } = await findContainer(client, word);
    await printLog(client, id, invocation.options.follow, invocation);
  });

/** Prints what a container wrote, each stream to its own; with `follow` until the container ends. */
export async function printLog(
  client: CriClient,
  containerId: string,
  follow: boolean,
  { io, clock, signal }: CommandContext,
): Promise<void> {
  const { status } = await client.runtime.containerStatus({ containerId });
  if (status === undefined || !existsSync(status.logPath)) return;
  const ended = async (): Promise<boolean> => {
    const answer = await client.runtime.containerStatus({ containerId });
    return answer.status?.state !== ContainerState.CONTAINER_RUNNING;
  };
  const following = follow ? { follow: { clock, ended } } : {};
  for await (const { stream, content, partial } of readLog(status.logPath, { signal, ...following })) {
    const to = stream === 'stdout' ? io.stdout : io.stderr;
    await writeOutput(to, partial ? content : Buffer.concat([content, newline]), signal);
  }
}
