import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCsiDriverContract, startDriver } from '@kubewright/csi-sdk/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { SharedDirectoryDriver, directory as volumes } from './shared-directory-driver.js';

const root = process.getuid?.() === 0;
const sanity = process.env['KUBEWRIGHT_CSI_SANITY'];
const start = () => startDriver((...services) => new SharedDirectoryDriver(...services));

describe.skipIf(!root)('the example driver', () => {
  afterAll(() => rm(volumes, { recursive: true, force: true }));

  describeCsiDriverContract({ describe, it }, async () => {
    const started = await start();
    const mountDirectory = await mkdtemp(join(tmpdir(), 'kw-example-'));
    return {
      client: started.client,
      mountDirectory,
      [Symbol.asyncDispose]: async () => {
        await started[Symbol.asyncDispose]();
        await rm(mountDirectory, { recursive: true });
      },
    };
  });

  it.skipIf(sanity === undefined)('passes the mandatory part of csi-sanity', async () => {
    await using started = await start();
    const directory = await mkdtemp(join(tmpdir(), 'kw-sanity-'));
    const flag = (name: string, value: string): string => `--csi.${name}=${value}`;
    const child = spawn(
      sanity ?? '',
      [
        flag('endpoint', `unix://${started.socketPath}`),
        flag('mountdir', join(directory, 'mount')),
        flag('stagingdir', join(directory, 'staging')),
        flag('junitfile', join(directory, 'junit.xml')),
      ],
      { stdio: 'ignore' },
    );
    const [status] = (await once(child, 'exit')) as [number];
    const report = await readFile(join(directory, 'junit.xml'), 'utf8');
    await rm(directory, { recursive: true });
    expect(report.match(/status="failed"/g) ?? []).toEqual([]);
    expect(report.match(/status="passed"/g)?.length).toBeGreaterThan(20);
    expect(status).toBe(0);
  });

  it('is written in at most 60 lines', async () => {
    const source = await readFile(new URL('shared-directory-driver.ts', import.meta.url), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });
});
