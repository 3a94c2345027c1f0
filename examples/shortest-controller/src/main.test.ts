import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the shortest controller', () => {
  it('greets the namespaces of its own cluster, and ends on SIGTERM', async () => {
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    let said = '';
    const greeted = new Promise<void>((resolve) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('hello, namespace default') && said.includes('hello, namespace kube-system')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
    await Promise.race([greeted, exited.then(() => Promise.reject(new Error(`it ended early: ${said}`)))]);
    child.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
  });
});
