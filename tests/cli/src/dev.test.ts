import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Client, kubeconfig } from '@kubewright/informer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Program } from './program.js';

/** Inside the workspace, so that the program finds its packages. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('../.dev-', import.meta.url)));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('runs a program on its cluster, starts it anew with each change, and survives its mistakes', async () => {
  const file = join(folder, 'operator.ts');
  await copyFile(fileURLToPath(new URL('./programs/operator.ts', import.meta.url)), file);
  const program = new Program(['dev', 'operator.ts', '--port', '0', '--nodes', '0'], folder);
  try {
    await program.says(/operator 1 runs/);
    const { transport } = await kubeconfig({ path: join(folder, '.kubewright', 'kubeconfig') }).open();
    const client = new Client({ transport, namespace: 'default' });
    const mark = async (name: string): Promise<string | undefined> =>
      (await client.get(ConfigMap, { name })).metadata.annotations?.['example.com/seen-by'];
    await client.create(ConfigMap, { metadata: { name: 'one', labels: { watch: 'yes' } } });
    await expect.poll(() => mark('one'), { timeout: 20_000 }).toBe('1');

    const source = await readFile(file, 'utf8');
    await writeFile(file, 'this is no program');
    await program.says(/operator\.ts exited with code 1; waiting for a change/);
    await writeFile(file, source.replace("const generation = '1'", "const generation = '2'"));
    await program.says(/operator 2 runs/);
    await expect.poll(() => mark('one'), { timeout: 20_000 }).toBe('2');
    await transport.close();
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
  } finally {
    program.kill('SIGKILL');
    await program.ended;
  }
});
