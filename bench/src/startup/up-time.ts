import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, kubeconfig } from '@kubewright/informer';
import { firstEvent } from './first-event.js';

/** Milliseconds from the start of `kubewright up`, with its SQLite default, to an authenticated create whose event has arrived. */
export async function upTime(root: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'startup-'));
  const path = join(folder, 'kubeconfig');
  const bin = join(root, 'packages/kubewright/bin/kubewright.js');
  const began = performance.now();
  const child = spawn(process.execPath, [bin, 'up', '--data-dir', folder, '--port', '0', '--kubeconfig', path], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  try {
    while (!existsSync(path)) {
      if (child.exitCode !== null) throw new Error(`kubewright up ended with exit code ${child.exitCode}`);
      await delay(1);
    }
    const { transport, namespace } = await kubeconfig({ path }).open();
    await firstEvent(new Client({ transport, namespace }));
    const milliseconds = performance.now() - began;
    await transport.close();
    return milliseconds;
  } finally {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}
