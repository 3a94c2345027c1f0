import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const facade = fileURLToPath(new URL('../../../packages/kubewright', import.meta.url));
const { version } = JSON.parse(await readFile(join(facade, 'package.json'), 'utf8')) as { version: string };

/** What `npx kubewright` starts: the program of the package that operators install. */
describe('npx kubewright', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'npx-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const run = (bin: string, ...words: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...words], {
      cwd: directory,
      env: { ...process.env, PATH: `${directory}:${dirname(process.execPath)}:${process.env['PATH']}` },
    });

  it('is the command line that is installed beside it', async () => {
    const { stdout } = await run(join(facade, 'bin/kubewright.js'), '--version');
    expect(stdout).toBe(`kubewright ${version}\n`);
  });

  it("is the project's own before any other", async () => {
    const cli = join(directory, 'node_modules/@kubewright/cli');
    await mkdir(cli, { recursive: true });
    await writeFile(join(cli, 'package.json'), JSON.stringify({ type: 'module', exports: { './bin': './bin.js' } }));
    await writeFile(join(cli, 'bin.js'), `process.stdout.write(process.argv.slice(2).join(' '));`);
    expect((await run(join(facade, 'bin/kubewright.js'), 'up', '--quiet')).stdout).toBe('up --quiet');
  });

  it('has npm fetch it in the same version where it is nowhere, and ends as it ends', async () => {
    const alone = join(directory, 'node_modules/kubewright');
    await mkdir(join(alone, 'bin'), { recursive: true });
    await cp(join(facade, 'package.json'), join(alone, 'package.json'));
    await cp(join(facade, 'bin/kubewright.js'), join(alone, 'bin/kubewright.js'));
    await writeFile(join(directory, 'npm'), '#!/bin/sh\necho "$@"\nexit 3\n');
    await chmod(join(directory, 'npm'), 0o755);
    await expect(run(join(alone, 'bin/kubewright.js'), 'up')).rejects.toMatchObject({
      code: 3,
      stdout: `exec --yes --package=@kubewright/cli@${version} -- kubewright up\n`,
    });
  });
});
