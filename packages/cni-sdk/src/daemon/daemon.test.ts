import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { FakeClock } from '@kubewright/core/testing';
import { FileLock } from '@kubewright/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cniSdkErrors } from '../errors.js';
import type { NetworkConfig } from '../config/network-config.js';
import type { AttachmentRequest } from '../plugin/cni-plugin.js';
import type { CniResult } from '../result/result.js';
import { cniMain } from '../plugin/cni-main.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { CniDaemon } from './cni-daemon.js';
import type { CniDaemonOptions } from './cni-daemon.js';
import { daemonAnswers } from './daemon-answers.js';
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

/** Does not answer ADD before it is told to. */
class GatedPlugin extends RecordingPlugin {
  readonly #gate = Promise.withResolvers<void>();

  open(): void {
    this.#gate.resolve();
  }

  override async add(request: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    const result = await super.add(request);
    await this.#gate.promise;
    return result;
  }
}

function request(verb: string, more: Record<string, string> = {}): Buffer {
  return encodeRequest({ type: 'recording', environment: { ...environment, CNI_COMMAND: verb, ...more }, stdin });
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

describe('daemonAnswers', () => {
  it('takes for dead what has no listener, and nothing else', async () => {
    expect(await daemonAnswers(join(directory, 'none.sock'))).toBe(false);
    const left = join(directory, 'left.sock');
    writeFileSync(left, '');
    expect(await daemonAnswers(left)).toBe(false);
    await expect(daemonAnswers(join(left, 'below.sock'))).rejects.toThrow('ENOTDIR');
    await serve();
    expect(await daemonAnswers(socketPath)).toBe(true);
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

  it('takes requests about one interface one after the other, and others meanwhile', async () => {
    const plugin = new GatedPlugin();
    await serve({ plugins: [plugin] });
    const first = exchange(request('ADD'));
    await expect.poll(() => plugin.calls).toHaveLength(1);
    const second = exchange(request('DEL'));
    // Its answer shows that the second one has arrived, too.
    await exchange(request('STATUS', { CNI_CONTAINERID: '', CNI_IFNAME: '' }));
    await exchange(request('DEL', { CNI_CONTAINERID: 'c2' }));
    expect(plugin.calls).toEqual(['ADD c1 eth0', 'STATUS', 'DEL c2 eth0']);
    plugin.open();
    expect((await Promise.all([first, second])).map((reply) => reply.readUInt32LE(0))).toEqual([0, 0]);
    expect(plugin.calls.at(-1)).toBe('DEL c1 eth0');
  });

  it('does not serve a request whose caller went away while it waited', async () => {
    const plugin = new GatedPlugin();
    const daemon = await serve({ plugins: [plugin] });
    const first = exchange(request('ADD'));
    await expect.poll(() => plugin.calls).toHaveLength(1);
    const gone = connect(socketPath);
    gone.end(request('ADD'));
    await text(gone);
    const last = exchange(request('DEL'));
    plugin.open();
    await Promise.all([first, last]);
    await daemon.stop();
    expect(plugin.calls).toEqual(['ADD c1 eth0', 'DEL c1 eth0']);
  });

  it('sends an answer to its end before it stops', async () => {
    const plugin = new RecordingPlugin();
    const daemon = await serve({ plugins: [plugin] });
    const ips = Array.from({ length: 100_000 }, () => ({ address: '10.1.0.9/24' }));
    const socket = connect(socketPath);
    const input = JSON.stringify({ ...(JSON.parse(stdin) as object), prevResult: { ips } });
    socket.write(encodeRequest({ type: 'recording', environment, stdin: input }));
    socket.pause();
    await expect.poll(() => plugin.calls).toHaveLength(1);
    const stopped = daemon.stop();
    const reply = await buffer(socket);
    await stopped;
    expect(reply).toHaveLength(8 + reply.readUInt32LE(4));
  });

  it('does not touch the socket while another one starts, nor wait for that for ever', async () => {
    const clock = new FakeClock();
    mkdirSync(join(directory, 'run'));
    using other = await FileLock.acquire(`${socketPath}.lock`, { clock });
    writeFileSync(socketPath, 'of the other one');
    const daemon = new CniDaemon({ plugins: [], socketPath, clock });
    const starting = daemon.start();
    starting.catch(() => undefined);
    while (clock.timers < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    await expect(starting).rejects.toThrow(cniSdkErrors.DAEMON_RUNNING.code);
    expect(readFileSync(socketPath, 'utf8')).toBe('of the other one');
    other.release();
    await daemon.start();
    await daemon.stop();
  });

  it('is one, of several that start at once', async () => {
    const daemons = Array.from({ length: 4 }, () => new CniDaemon({ plugins: [new RecordingPlugin()], socketPath }));
    const outcomes = await Promise.allSettled(daemons.map((daemon) => daemon.start()));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect((await exchange(request('ADD'))).readUInt32LE(0)).toBe(0);
    for (const daemon of daemons) await daemon.stop();
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
