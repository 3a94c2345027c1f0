import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeSocket } from './probe-socket.js';
import { UnixSocketFile } from './unix-socket-file.js';

let directory: string;
let servers: Server[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kw-socket-'));
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.filter((server) => server.listening).map((server) => once(server.close(), 'close')));
  rmSync(directory, { recursive: true, force: true });
});

async function listen(path: string): Promise<void> {
  const server = createServer((socket) => socket.end());
  servers.push(server);
  server.listen(path);
  await once(server, 'listening');
}
const mode = (path: string): number => statSync(path).mode & 0o777;

/** Looks at a path without pause and collects the modes it sees; a thread, so that it looks in the middle of our steps. */
const watcher = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { statSync } = require('node:fs');
  const stop = new Int32Array(workerData.stop);
  const seen = new Set();
  let looks = 0;
  parentPort.postMessage('ready');
  while (Atomics.load(stop, 0) === 0) {
    const found = statSync(workerData.path, { throwIfNoEntry: false });
    if (found) seen.add(found.mode & 0o777);
    looks++;
  }
  parentPort.postMessage({ seen: [...seen], looks });
`;

describe('UnixSocketFile', () => {
  it('listens out of reach, and appears with its permissions', async () => {
    const path = join(directory, 'deep', 'er', 'a.sock');
    const file = await UnixSocketFile.bind(path, {}, async (temporary) => {
      expect(mode(dirname(temporary))).toBe(0o700);
      await listen(temporary);
      expect(existsSync(path)).toBe(false);
    });
    expect(mode(path)).toBe(0o600);
    expect(mode(dirname(path))).toBe(0o750);
    expect(await probeSocket(path)).toBe('served');
    expect(readdirSync(dirname(path))).toEqual(['a.sock']);
    await file.remove();
    expect(await probeSocket(path)).toBe('absent');
    await file.remove();
  });

  it('invariant 9: never shows another mode to somebody who looks all the time', async () => {
    const path = join(directory, 'a.sock');
    const stop = new SharedArrayBuffer(4);
    const worker = new Worker(watcher, { eval: true, workerData: { path, stop } });
    await once(worker, 'message');
    for (let round = 0; round < 60; round++) await (await UnixSocketFile.bind(path, {}, listen)).remove();
    const last = UnixSocketFile.bind(path, {}, listen);
    await last;
    Atomics.store(new Int32Array(stop), 0, 1);
    const [{ seen, looks }] = (await once(worker, 'message')) as [{ seen: number[]; looks: number }];
    await once(worker, 'exit');
    expect(looks).toBeGreaterThan(60);
    expect(seen).toEqual([0o600]);
  });

  it('gives the permissions that are asked for', async () => {
    const path = join(directory, 'a.sock');
    await UnixSocketFile.bind(path, { mode: 0o660 }, listen);
    expect(mode(path)).toBe(0o660);
  });

  it('refuses before it listens what somebody serves', async () => {
    const path = join(directory, 'a.sock');
    await listen(path);
    let listened = false;
    const second = UnixSocketFile.bind(path, {}, async () => void (listened = true));
    await expect(second).rejects.toThrow(/another process serves/);
    expect(listened).toBe(false);
  });

  it('lets one of many win that start at once, over a dead socket too', async () => {
    const path = join(directory, 'a.sock');
    await UnixSocketFile.bind(path, {}, listen);
    await once(servers.splice(0)[0]?.close() ?? createServer(), 'close');
    expect(await probeSocket(path)).toBe('stale');
    const started = await Promise.allSettled(Array.from({ length: 8 }, () => UnixSocketFile.bind(path, {}, listen)));
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      started.filter((one) => one.status === 'rejected' && /another process serves/.test(String(one.reason))),
    ).toHaveLength(7);
    expect(await probeSocket(path)).toBe('served');
    expect(readdirSync(directory)).toEqual(['a.sock']);
  });

  it('leaves the socket of a successor alone when it is removed', async () => {
    const path = join(directory, 'a.sock');
    const first = await UnixSocketFile.bind(path, {}, listen);
    rmSync(path);
    await UnixSocketFile.bind(path, {}, listen);
    await first.remove();
    expect(await probeSocket(path)).toBe('served');
  });

  it('leaves nothing behind when listening fails', async () => {
    const path = join(directory, 'a.sock');
    await expect(UnixSocketFile.bind(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('refuses a path that the system would cut', async () => {
    const path = join(directory, 'x'.repeat(107));
    await expect(UnixSocketFile.bind(path, {}, listen)).rejects.toThrow(/the system allows 107/);
  });
});
