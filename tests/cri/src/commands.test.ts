import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readMounts, unmount } from '@kubewright/linux';
import { FakeRegistry, shellLayer } from '@kubewright/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingHere } from './programs.js';

const program = fileURLToPath(new URL('../../../packages/cli/bin/kubewright.js', import.meta.url));

describe.skipIf(missingHere('script').length > 0)('kubewright runtime (needs root, crun, conmon, script)', () => {
  let home: string;
  let registry: FakeRegistry;
  let image: string;
  let serving: ReturnType<typeof spawn>;
  let socket: string;

  const start = (words: readonly string[], stdin: 'pipe' | 'ignore' = 'ignore') =>
    spawn(process.execPath, [program, 'runtime', ...words], { stdio: [stdin, 'pipe', 'pipe'], cwd: home });
  const places = (): string[] => [`--address=${socket}`, `--control=${join(home, 'control', 'c.sock')}`];
  /** Runs a command to its end. */
  const run = async (verb: string, words: readonly string[], input?: string) => {
    const named =
      verb === 'import' || verb === 'export'
        ? places().slice(1)
        : places().slice(0, ['pull', 'run'].includes(verb) ? 2 : 1);
    const child = start([verb, ...named, ...words], input === undefined ? 'ignore' : 'pipe');
    child.stdin?.end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      child.stderr ? text(child.stderr) : '',
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { stdout, stderr, code };
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-cmd-'));
    socket = join(home, 'cri.sock');
    registry = await new FakeRegistry().start();
    image = await registry.push('test/shell', '1', [shellLayer()], { config: { Entrypoint: ['/bin/sh'] } });
    serving = start([
      'serve',
      ...places(),
      `--root=${join(home, 'root')}`,
      `--state=${join(home, 'state')}`,
      `--networks=${home}`,
    ]);
    serving.stderr?.pipe(process.stderr);
    if (serving.stdout) await once(serving.stdout, 'data');
  });
  afterAll(async () => {
    serving.kill('SIGTERM');
    await once(serving, 'exit');
    await registry[Symbol.asyncDispose]();
    const inside = (await readMounts()).map(({ mountPoint }) => mountPoint);
    for (const path of inside.filter((one) => one.startsWith(`${home}/`)).reverse())
      await unmount(path, { detach: true });
    await rm(home, { recursive: true });
  });

  it('pulls, telling of each layer; exports and imports what it pulled', async () => {
    const pulled = await run('pull', [image]);
    expect(pulled).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^sha256:/),
      stderr: expect.stringMatching(/^[0-9a-f]{12}: /),
    });
    expect((await run('images', [])).stdout).toContain('test/shell:1');
    expect((await run('export', [image, `--output=${home}/layout/`])).code).toBe(0);
    expect(await readdir(join(home, 'layout'))).toEqual(expect.arrayContaining(['blobs', 'index.json', 'oci-layout']));
    expect((await run('export', [image, '-o', join(home, 'image.tar')])).code).toBe(0);
    expect((await run('rmi', [image])).code).toBe(0);
    for (const archive of ['layout', 'image.tar']) {
      expect(await run('import', [join(home, archive)])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(image),
      });
    }
  });

  it('runs in the foreground, with input, with a terminal, and in the background', async () => {
    const host = '--host-network';
    const plain = await run('run', [host, image, '--', '-c', 'echo out; echo err >&2; exit 5']);
    expect(plain).toMatchObject({ code: 5, stdout: 'out\n', stderr: 'err\n' });
    expect(await run('run', [host, '-i', image, '--', '-c', 'read a; echo "got $a"'], 'it\n')).toMatchObject({
      code: 0,
      stdout: 'got it\n',
    });
    const script = 'trap "exit 0" TERM; echo up; while :; do sleep 0.05; done';
    expect((await run('run', [host, '-d', '--name=web', image, '--', '-c', script])).code).toBe(0);
    expect((await run('ps', [])).stdout).toMatch(/web +running/);
    expect(await run('exec', ['-i', 'web', '--', '/bin/cat'], 'through')).toMatchObject({ code: 0, stdout: 'through' });
    expect((await run('exec', ['web', '--', '/bin/sh', '-c', 'exit 4'])).code).toBe(4);
    expect((await run('stats', [])).stdout).toMatch(/web +\d+\.\d% +\d+\.\d MiB/);
    const following = run('logs', ['-f', 'web']);
    expect((await run('stop', ['web'])).code).toBe(0);
    expect(await following).toMatchObject({ code: 0, stdout: 'up\n' });
    expect((await run('rm', ['web'])).code).toBe(0);
    expect((await run('ps', ['-a'])).stdout.trim().split('\n')).toHaveLength(1);
  });
});
