import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ConfigMap, Node } from '@kubewright/api/core/v1';
import { Client, kubeconfig } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { Folder } from './program.js';

const ready = /the API server is ready at (https:\S+)/;
const running = /the stock controllers and (.*) run after/;

async function withClient<T>(path: string, use: (client: Client) => Promise<T>): Promise<T> {
  const { transport, namespace } = await kubeconfig({ path }).open();
  try {
    return await use(new Client({ transport, namespace }));
  } finally {
    await transport.close();
  }
}

describe('kubewright up', () => {
  it('serves, keeps objects, and ends cleanly with Ctrl-C', async () => {
    await using folder = await Folder.make();
    const path = join(folder.path, '.kubewright', 'kubeconfig');
    const first = folder.start(['up', '--port', '0', '--nodes', '2']);
    await first.says(ready);
    await withClient(path, (client) => client.create(ConfigMap, { metadata: { name: 'kept' } }));
    expect((await first.says(running))[1]).toBe('2 simulated nodes');
    expect((await withClient(path, (client) => client.list(Node))).items).toHaveLength(2);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    first.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nstopping\n$/) });

    const second = folder.start([
      'up',
      '--port',
      '0',
      '--quiet',
      '--kubeconfig',
      'other.yaml',
      '--data-dir',
      '.kubewright',
    ]);
    const other = join(folder.path, 'other.yaml');
    await waitForFile(other);
    expect((await withClient(other, (client) => client.get(ConfigMap, { name: 'kept' }))).metadata.name).toBe('kept');
    second.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0, stderr: '', stdout: '' });
  });

  it('forgets objects in memory', async () => {
    await using folder = await Folder.make();
    for (const name of ['one', 'two']) {
      const program = folder.start(['up', '--storage', 'memory', '--port', '0']);
      await program.says(ready);
      const path = join(folder.path, '.kubewright', 'kubeconfig');
      await withClient(path, (client) => client.create(ConfigMap, { metadata: { name } }));
      const { items } = await withClient(path, (client) => client.list(ConfigMap, { namespace: 'default' }));
      expect(items.map(({ metadata }) => metadata.name).filter((each) => each !== 'kube-root-ca.crt')).toEqual([name]);
      program.kill('SIGINT');
      await program.ended;
    }
  });

  it('says who uses the data directory, and takes it over from who was killed', async () => {
    await using folder = await Folder.make();
    const first = folder.start(['up', '--port', '0']);
    await first.says(ready);
    const refused = await folder.run(['up', '--port', '0']);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      new RegExp(
        `^kubewright: the data directory '.*/.kubewright' is in use by process ${first.pid}: stop that process or choose another directory \\(KW_\\w+\\)\n$`,
      ),
    );
    first.kill('SIGKILL');
    await first.ended;
    const second = folder.start(['up', '--port', '0']);
    await second.says(ready);
    second.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
  });

  it('says that the port is in use', async () => {
    await using folder = await Folder.make();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await folder.run(['up', '--port', String(port)]);
    expect([code, stderr]).toEqual([
      1,
      `kubewright: port ${port} of 127.0.0.1 is in use by another program: stop it, or choose another port (0 takes a free one) (KW_CLUSTER_PORT_IN_USE)\n`,
    ]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says what is wrong with the data directory or the credentials in it', async () => {
    await using folder = await Folder.make();
    await writeFile(join(folder.path, 'file'), '');
    const notADirectory = await folder.run(['up', '--port', '0', '--data-dir', 'file']);
    expect([notADirectory.code, notADirectory.stderr]).toEqual([1, expect.stringContaining('is not a directory')]);
    await mkdir(join(folder.path, 'data'));
    await writeFile(join(folder.path, 'data', 'credentials.json'), '{}');
    const damaged = await folder.run(['up', '--port', '0', '--data-dir', 'data']);
    expect([damaged.code, damaged.stderr]).toEqual([
      1,
      expect.stringMatching(/credentials.json' cannot be read:.*remove it/),
    ]);
  });

  it('says that it may not write', async () => {
    await using folder = await Folder.make();
    // Not even the administrator makes directories there.
    const { code, stderr } = await folder.run(['up', '--port', '0', '--data-dir', '/sys/kubewright']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/may not be written by this user|is on a read-only file system/),
    ]);
  });

  it('ends at once with the second Ctrl-C', async () => {
    await using folder = await Folder.make();
    const config = `export default { plugins: [{ name: 'slow', stop: () => new Promise(() => setTimeout(() => {}, 60_000)) }] };`;
    await writeFile(join(folder.path, 'kubewright.config.mjs'), config);
    const program = folder.start(['up', '--port', '0', '--storage', 'memory']);
    await program.says(running);
    program.kill('SIGINT');
    await program.says(/stopping/);
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
  });

  it('names a plugin package that is not there', async () => {
    await using folder = await Folder.make();
    const { code, stderr } = await folder.run(['up', '--port', '0', '--plugin', '@acme/nothing']);
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no package '@acme/nothing'")]);
  });
});

async function waitForFile(path: string): Promise<void> {
  await expect.poll(() => readFile(path, 'utf8').catch(() => ''), { timeout: 20_000 }).not.toBe('');
}
