import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { createCsiClient } from '@kubewright/csi-sdk';
import type { CsiClient } from '@kubewright/csi-sdk';
import { NodeServiceCapability_RPC_Type as NodeCan } from '@kubewright/csi-sdk/v1';

export interface DriverProcess extends AsyncDisposable {
  readonly client: CsiClient;
  /** Whether volumes have to be staged before they are published. */
  readonly stages: boolean;
}

/**
 * Starts a driver and waits until it answers.
 *
 * @param command - program and arguments; `{endpoint}` stands for the socket's address, which is in CSI_ENDPOINT as
 * well.
 */
export async function startDriverProcess(command: readonly string[]): Promise<DriverProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-bench-'));
  const endpoint = `unix://${join(directory, 'csi.sock')}`;
  const [program = '', ...args] = command.map((part) => part.replaceAll('{endpoint}', endpoint));
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CSI_ENDPOINT: endpoint },
  });
  const exited = once(child, 'exit');
  const client = createCsiClient({ address: endpoint, clock: new SystemClock() });
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]();
    if (child.exitCode === null) child.kill('SIGTERM');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await client.identity.probe({});
    const { capabilities } = await client.node.nodeGetCapabilities({});
    const stages = capabilities.some(({ type }) => type.value?.type === NodeCan.STAGE_UNSTAGE_VOLUME);
    return { client, stages, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
