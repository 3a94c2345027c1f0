import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@kubewright/core';
import { LinuxMounter, createCsiClient } from '@kubewright/csi-sdk';
import { faultPoints, kindsPassing, volumeLife } from '@kubewright/storage/testing';
import type { FaultPoint } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/killed-driver.js', import.meta.url));

/** The driver in a process of its own, started again when it is gone. */
class Driver implements AsyncDisposable {
  readonly #root: string;
  readonly #socket: string;
  #child: ChildProcess | undefined;
  kills = 0;

  constructor(directory: string) {
    this.#root = join(directory, 'root');
    this.#socket = join(directory, 'csi.sock');
  }

  async start(killAt?: FaultPoint): Promise<void> {
    const args = [program, this.#root, this.#socket, ...(killAt === undefined ? [] : [killAt])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    child.once('exit', (_code, signal) => {
      if (signal === 'SIGKILL' && this.#child === child) this.kills++;
    });
    await once(child.stdout ?? child, 'data');
  }

  /** Whether the process is gone; where a call failed for that reason, the end may be told a moment later. */
  async isGone(): Promise<boolean> {
    const child = this.#child;
    if (child === undefined) return true;
    if (child.exitCode === null && child.signalCode === null) await Promise.race([once(child, 'exit'), aMoment()]);
    return child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

const aMoment = (): Promise<void> => new SystemClock().sleep(500);

describe.skipIf(process.getuid?.() !== 0)('a driver that is killed', () => {
  it.for(faultPoints)('at %s converges when it is started again', async (point) => {
    const directory = await mkdtemp(join(tmpdir(), 'kw-kill-'));
    const mountDirectory = join(directory, 'mounts');
    await mkdir(mountDirectory);
    try {
      await using driver = new Driver(directory);
      using client = createCsiClient({ address: join(directory, 'csi.sock'), clock: new SystemClock() });
      await driver.start(point);
      await volumeLife({
        kind: kindsPassing(point)[0] ?? 'files',
        root: join(directory, 'root'),
        mountDirectory,
        nodeId: 'node-1',
        call: async (work) => {
          try {
            return await work(client);
          } catch (error) {
            if (!(await driver.isGone())) throw error;
            await driver.start();
            return work(client);
          }
        },
      });
      expect(driver.kills).toBe(1);
    } finally {
      await removeMounts(directory);
      await rm(directory, { recursive: true });
    }
  });
});

/** What a failed test left would otherwise be deleted with the directory. */
async function removeMounts(directory: string): Promise<void> {
  const mounter = new LinuxMounter();
  const left = (await mounter.mounts()).filter(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
  for (const { mountPoint } of left.toReversed()) await mounter.unmount(mountPoint, { detach: true });
}
