import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, kubeconfig } from '@kubewright/informer';
import type { Transport } from '@kubewright/informer';

const bin = fileURLToPath(new URL('../../../packages/cli/bin/kubewright.js', import.meta.url));

/** `kubewright up` as a process of its own, on a data directory that outlives it. */
export class RunningCluster {
  private constructor(
    private readonly process: ChildProcess,
    readonly client: Client,
    private readonly transport: Transport,
  ) {}

  static async start(directory: string): Promise<RunningCluster> {
    const file = join(directory, 'kubeconfig');
    rmSync(file, { force: true });
    const child = spawn(
      process.execPath,
      [bin, 'up', '--data-dir', directory, '--port', '0', '--nodes', '0', '--kubeconfig', file],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (let tries = 0; !existsSync(file); tries++) {
      if (child.exitCode !== null || tries > 1000) throw new Error(`kubewright up did not come up: ${said}`);
      await delay(20);
    }
    const { transport, namespace } = await kubeconfig({ path: file }).open();
    return new RunningCluster(child, new Client({ transport, namespace, timeout: 5_000 }), transport);
  }

  /** Ends the process as a power cut would end it, and resolves when it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    await this.transport.close();
  }
}
