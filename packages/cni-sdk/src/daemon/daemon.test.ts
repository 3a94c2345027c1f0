import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cniSdkErrors } from '../errors.js';
import { installNetwork, installPlugins, uninstall } from '../install/install.js';
import type { NetworkConfig } from '../config/network-config.js';
import type { AttachmentRequest } from '../plugin/cni-plugin.js';
import type { CniResult } from '../result/result.js';
import { cniMain } from '../plugin/cni-main.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { CniDaemon } from './cni-daemon.js';
import type { CniDaemonOptions } from './cni-daemon.js';
import { decodeRequest, encodeRequest } from './frame.js';

const environment = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/nowhere',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/bin',
};
const stdin = JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'recording' });
let directory: string;
let socketPath: string;
const started: CniDaemon[] = [];

async function serve(options: Partial<CniDaemonOptions> = {}): Promise<CniDaemon> {
  const daemon = new CniDaemon({ plugins: [], socketPath, ...options });
  started.push(daemon);
  await daemon.start();
  return daemon;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'daemon-'));
  socketPath = join(directory, 'run', 'cni.sock');
});
afterEach(async () => {
  for (const daemon of started.splice(0)) await daemon.stop();
  rmSync(directory, { recursive: true });
});

/** Does not answer ADD before its caller went away. */
class WaitingPlugin extends RecordingPlugin {
  readonly #reached = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly reached = this.#reached.promise;
  readonly ended = this.#ended.promise;

  constructor() {
    super('waiting');
  }

  override add({ signal }: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    this.#reached.resolve();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.#ended.resolve();
        reject(signal.reason as Error);
      });
    });
  }
}

async function exchange(bytes: Buffer): Promise<Buffer> {
  const socket = connect(socketPath);
  socket.on('error', () => undefined);
  socket.write(bytes);
  return buffer(socket).catch(() => Buffer.alloc(0));
}

describe('frames', () => {
  const frame = { type: 'bridge', environment: { CNI_ARGS: 'A=ü' }, stdin: '{"x":"ö"}' };

  it('goes both ways, in pieces of any size', () => {
    const bytes = encodeRequest(frame);
    for (let cut = 0; cut < bytes.length; cut += 1) expect(decodeRequest(bytes.subarray(0, cut))).toBeUndefined();
    expect(decodeRequest(bytes)).toEqual(frame);
  });

  it('refuses what is no request, too long, or followed by more', () => {
    expect(() => decodeRequest(Buffer.from('GET'))).toThrow('no request');
    expect(() => decodeRequest(Buffer.concat([Buffer.from('KWC1'), Buffer.alloc(8, 0xff)]))).toThrow('longer');
    expect(() => decodeRequest(Buffer.concat([encodeRequest(frame), Buffer.from('x')]))).toThrow('longer');
  });
});

describe('CniDaemon', () => {
  it('serves on a private socket and removes it', async () => {
    const daemon = await serve({ plugins: [new RecordingPlugin()] });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    const reply = await exchange(encodeRequest({ type: 'recording', environment, stdin }));
    expect(reply.readUInt32LE(0)).toBe(0);
    expect(JSON.parse(reply.toString('utf8', 8))).toMatchObject({ ips: [{ address: '10.1.0.2/24' }] });
    await daemon.stop();
    expect(existsSync(socketPath)).toBe(false);
  });

  it('takes the place of a dead daemon, not of a living one', async () => {
    const first = await serve();
    await expect(new CniDaemon({ plugins: [], socketPath }).start()).rejects.toThrow(cniSdkErrors.DAEMON_RUNNING.code);
    await first.stop();
    writeFileSync(socketPath, '');
    await serve();
  });

  it('answers with code 11 for a plugin that it does not serve, and hangs up on nonsense', async () => {
    await serve();
    const reply = await exchange(encodeRequest({ type: 'other', environment, stdin }));
    expect(JSON.parse(reply.toString('utf8', 8))).toMatchObject({ code: 11 });
    expect(await exchange(Buffer.from('GET / HTTP/1.1\r\n'))).toHaveLength(0);
  });

  it('hangs up on a client that does not finish its request', async () => {
    const clock = new FakeClock();
    await serve({ clock });
    const answer = exchange(Buffer.from('KWC1'));
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    expect(await answer).toHaveLength(0);
  });

  it('takes requests about one interface one after the other', async () => {
    const plugin = new RecordingPlugin();
    await serve({ plugins: [plugin] });
    const frames = ['ADD', 'DEL', 'ADD'].map((verb) =>
      encodeRequest({ type: 'recording', environment: { ...environment, CNI_COMMAND: verb }, stdin }),
    );
    const replies = await Promise.all(frames.map(exchange));
    expect(replies.map((reply) => reply.readUInt32LE(0))).toEqual([0, 0, 0]);
  });

  it('waits for requests in progress, but not for ever', async () => {
    const plugin = new WaitingPlugin();
    const daemon = await serve({ plugins: [plugin] });
    const answer = exchange(encodeRequest({ type: 'waiting', environment, stdin }));
    await plugin.reached;
    await daemon.stop(AbortSignal.abort());
    expect(await answer).toHaveLength(0);
    await plugin.ended;
  });

  it('refuses two plugins of one type', () => {
    expect(() => new CniDaemon({ plugins: [new RecordingPlugin(), new RecordingPlugin()], socketPath })).toThrow(
      cniSdkErrors.DUPLICATE_TYPE.code,
    );
  });
});

describe('cniMain', () => {
  it('is a process: variables and stdin in, stdout and exit code out', async () => {
    const target = {
      env: environment,
      stdin: Readable.from([Buffer.from(stdin)]),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      exitCode: undefined,
    };
    await cniMain(new RecordingPlugin(), target);
    target.stdout.end();
    expect(JSON.parse(await text(target.stdout))).toMatchObject({ cniVersion: '1.1.0' });
    expect(target.exitCode).toBe(0);
  });

  it('answers VERSION while stdin stays open', async () => {
    const target = {
      env: { CNI_COMMAND: 'VERSION' },
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
    };
    await cniMain(new RecordingPlugin(), target);
    target.stdout.end();
    expect(await text(target.stdout)).toContain('supportedVersions');
  });
});

describe('installation', () => {
  const list = { cniVersion: '1.1.0', name: 'net', plugins: [{ type: 'recording' }] };

  it('puts plugins and list in place, replaces them, and takes them away again', async () => {
    const binDirectory = join(directory, 'bin');
    const configDirectory = join(directory, 'net.d');
    const plugins = [new RecordingPlugin(), new RecordingPlugin('second')];
    const install = {
      plugins,
      binDirectory,
      socketPath,
      architecture: 'x64',
      random: new SeededRandom(),
      fallback: ['/usr/bin/node', '/app/main.js'],
    };
    const network = { configDirectory, file: '10-net.conflist', list };
    for (let round = 0; round < 2; round += 1) {
      await installPlugins(install);
      await installNetwork(network);
    }
    expect(readdirSync(binDirectory)).toEqual(['recording', 'second']);
    expect(statSync(join(binDirectory, 'second')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(binDirectory, 'second')).includes('/app/main.js\0second\0')).toBe(true);
    expect(readdirSync(configDirectory)).toEqual(['10-net.conflist']);
    writeFileSync(join(binDirectory, 'second'), 'of somebody else');
    for (let round = 0; round < 2; round += 1) await uninstall({ network, plugins: install });
    expect(readdirSync(binDirectory)).toEqual(['second']);
    expect(readdirSync(configDirectory)).toEqual([]);
  });

  it('refuses a list that a runtime could not read, and names that are paths', async () => {
    const network = { configDirectory: directory, file: 'x.conflist', list: { ...list, name: '' } };
    await expect(installNetwork(network)).rejects.toThrow(cniSdkErrors.INVALID_NETWORK.code);
    await expect(installNetwork({ ...network, file: 'x.json', list })).rejects.toThrow('.conflist');
    await expect(installNetwork({ ...network, file: '../x.conflist', list })).rejects.toThrow('not a path');
  });
});
