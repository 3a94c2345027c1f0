import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CniDaemon } from '../daemon/cni-daemon.js';
import type { CniJson } from '../result/encode.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { buildShim, isShim, isShimArchitecture } from './shim.js';
import type { ShimArchitecture } from './elf.js';

const emulator = '/usr/bin/qemu-aarch64-static';
const machine = process.platform === 'linux' && isShimArchitecture(process.arch) ? process.arch : undefined;

/** What runs the program of another architecture on this machine. */
function emulatorOf(architecture: ShimArchitecture): string | undefined {
  return architecture === 'arm64' && process.platform === 'linux' && existsSync(emulator) ? emulator : undefined;
}

const add = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/none',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/opt/cni/bin',
};
const config = JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'recording' });

for (const architecture of ['x64', 'arm64'] as const) {
  const before = architecture === machine ? undefined : emulatorOf(architecture);
  describe.skipIf(architecture !== machine && before === undefined)(
    `the ${architecture} shim (needs that machine, or qemu-user-static)`,
    () => {
      let directory: string;
      let path: string;
      let socketPath: string;
      let daemon: CniDaemon | undefined;

      beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), 'shim-'));
        path = join(directory, 'recording');
        socketPath = join(directory, 'cni.sock');
        write();
      });

      afterEach(async () => {
        await daemon?.stop();
        daemon = undefined;
        rmSync(directory, { recursive: true });
      });

      async function serve(plugin: RecordingPlugin): Promise<void> {
        daemon = new CniDaemon({ plugins: [plugin], socketPath });
        await daemon.start();
      }

      function write(fallback?: readonly string[]): void {
        const versions = ['0.4.0', '1.1.0'] as const;
        const options = { type: 'recording', socketPath, versions, architecture, statusTimeout: 50 };
        writeFileSync(path, buildShim(fallback === undefined ? options : { ...options, fallback }));
        chmodSync(path, 0o755);
      }

      async function run(
        environment: Record<string, string>,
        stdin: string | Uint8Array,
      ): Promise<{ code: number | null; stdout: string }> {
        const child = spawn(before ?? path, before === undefined ? [] : [path], {
          env: { OTHER: 'x', ...environment },
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        child.stdin.on('error', () => undefined);
        child.stdin.end(stdin);
        const ended = new Promise<number | null>((resolve) => {
          child.on('close', resolve);
        });
        const stdout = await text(child.stdout);
        return { code: await ended, stdout };
      }

      it('is small', () => {
        expect(
          buildShim({ type: 'bridge', socketPath: '/run/kubewright/cni.sock', versions: [], architecture }).length,
        ).toBeLessThan(2048);
      });

      it('hands a request to the daemon and its answer back', async () => {
        const plugin = new RecordingPlugin();
        await serve(plugin);
        const { code, stdout } = await run(add, config);
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ cniVersion: '1.1.0', ips: [{ address: '10.1.0.2/24' }] });
        expect(plugin.calls).toEqual(['ADD c1 eth0']);
        expect(await run({ ...add, CNI_COMMAND: 'DEL' }, config)).toEqual({ code: 0, stdout: '' });
      });

      it('passes an error on with its exit code', async () => {
        await serve(new RecordingPlugin());
        const { code, stdout } = await run({ ...add, CNI_IFNAME: 'a/b' }, config);
        expect(code).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({ code: 4 });
      });

      it('carries large input and output whole', async () => {
        const plugin = new RecordingPlugin();
        await serve(plugin);
        const ips = Array.from({ length: 40_000 }, () => ({ address: '10.1.0.9/24' }));
        const { code, stdout } = await run(
          add,
          JSON.stringify({ ...(JSON.parse(config) as CniJson), prevResult: { ips } }),
        );
        expect(code).toBe(0);
        expect((JSON.parse(stdout) as { ips: unknown[] }).ips).toHaveLength(40_001);
      });

      it('refuses input that is larger than it may be', async () => {
        await serve(new RecordingPlugin());
        const { code, stdout } = await run(add, Buffer.alloc(9 * 1024 * 1024, 0x20));
        expect(code).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({ code: 7, msg: expect.stringContaining('8 MiB') as string });
      });

      it('answers VERSION by itself', async () => {
        const { code, stdout } = await run({ CNI_COMMAND: 'VERSION' }, '');
        expect([code, JSON.parse(stdout)]).toEqual([0, { cniVersion: '1.1.0', supportedVersions: ['0.4.0', '1.1.0'] }]);
      });

      it.each(['VERS', 'VERSIONS', 'version'])('takes %s for no VERSION', async (verb) => {
        await serve(new RecordingPlugin());
        const { code, stdout } = await run({ ...add, CNI_COMMAND: verb }, config);
        expect([code, (JSON.parse(stdout) as CniJson)['code']]).toEqual([1, 4]);
      });

      it('answers STATUS with 50 when the daemon does not react', async () => {
        const sockets: Socket[] = [];
        const server = createServer((socket) => void sockets.push(socket));
        await new Promise<void>((resolve) => {
          server.listen(socketPath, resolve);
        });
        const { code, stdout } = await run({ ...add, CNI_COMMAND: 'STATUS' }, config);
        for (const socket of sockets) socket.destroy();
        server.close();
        expect([code, (JSON.parse(stdout) as CniJson)['code']]).toEqual([1, 50]);
      });

      it('answers with code 11, and STATUS with 50, when the daemon is away', async () => {
        for (const [verb, expected] of [
          ['ADD', 11],
          ['DEL', 11],
          ['STATISTICS', 11],
          ['STATUS', 50],
        ] as const) {
          const { code, stdout } = await run({ ...add, CNI_COMMAND: verb }, config);
          expect([verb, code, (JSON.parse(stdout) as CniJson)['code']]).toEqual([verb, 1, expected]);
        }
      });

      it('answers with code 11 when the daemon goes away in the middle', async () => {
        const server = createServer((socket) => {
          socket.once('data', () => socket.end(Buffer.from([0, 0, 0, 0, 9, 0, 0, 0, 1])));
        });
        await new Promise<void>((resolve) => {
          server.listen(socketPath, resolve);
        });
        const { code, stdout } = await run(add, config);
        server.close();
        expect([code, (JSON.parse(stdout) as CniJson)['code']]).toEqual([1, 11]);
      });

      it('runs the fallback with the same variables and input', async () => {
        write(['/bin/sh', '-c', 'echo "$0 $CNI_COMMAND"; cat', 'recording']);
        expect(await run(add, config)).toEqual({ code: 0, stdout: `recording ADD\n${config}` });
      });

      it('answers by itself where the fallback is missing, too', async () => {
        write(['/nowhere/node', 'recording']);
        const { code, stdout } = await run(add, config);
        expect([code, (JSON.parse(stdout) as CniJson)['code']]).toEqual([1, 11]);
      });
    },
  );
}

describe('buildShim', () => {
  const options = { type: 'x', socketPath: '/run/x.sock', versions: [] };

  it('says which machines it knows', () => {
    expect(() => buildShim({ ...options, architecture: 'mips' })).toThrow(/no shim for 'mips'.*x64 and arm64/);
  });

  it.each(['relative.sock', `/${'a'.repeat(107)}`])('refuses the socket %s', (socketPath) => {
    expect(() => buildShim({ ...options, socketPath, architecture: 'x64' })).toThrow(/107 bytes/);
  });

  it('is known again, by the whole path of its socket', () => {
    const shim = buildShim({ ...options, architecture: 'arm64' });
    expect([isShim(shim), isShim(shim, '/run/x.sock')]).toEqual([true, true]);
    for (const other of ['/x.sock', '/run/x.soc', '/var/run/x.sock']) expect(isShim(shim, other)).toBe(false);
    expect(isShim(Buffer.from('\x7fELF of a plugin of Go'))).toBe(false);
  });

  it('gives the same bytes every time', () => {
    expect(buildShim({ ...options, architecture: 'arm64' })).toEqual(buildShim({ ...options, architecture: 'arm64' }));
  });
});
