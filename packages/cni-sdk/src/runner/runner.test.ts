import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CniError, cniSdkErrors } from '../errors.js';
import { InProcessExecutor } from '../plugin/in-process-executor.js';
import type { PluginCall, PluginExecutor, PluginOutput } from '../execute/executor.js';
import type { CniJson } from '../result/encode.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { CniRunner } from './cni-runner.js';
import { loadNetwork, loadNetworks, parseNetworkList } from './network-list.js';
import { parseCached } from './result-cache.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'runner-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Keeps what was sent, so that tests can look at it. */
class RecordingExecutor implements PluginExecutor {
  readonly sent: (CniJson & { readonly verb: string })[] = [];
  constructor(private readonly inner: PluginExecutor) {}
  execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput> {
    this.sent.push({ verb: call.environment['CNI_COMMAND'] ?? '', ...(JSON.parse(call.stdin) as CniJson) });
    return this.inner.execute(call, signal);
  }
}

const nobody: PluginExecutor = { execute: () => Promise.reject(new CniError(5, 'there is no such plugin')) };
const attachment = { containerId: 'c1', netns: '/nowhere', ifName: 'eth0', arguments: [['K', 'v']] as const };

function setUp(version: string): {
  log: string[];
  first: RecordingPlugin;
  second: RecordingPlugin;
  recording: RecordingExecutor;
  runner: CniRunner;
  list: ReturnType<typeof parseNetworkList>;
} {
  const log: string[] = [];
  const first = new RecordingPlugin('first', log);
  const second = new RecordingPlugin('second', log);
  const recording = new RecordingExecutor(new InProcessExecutor([first, second], nobody));
  const runner = new CniRunner({ executor: recording, path: ['/opt/cni/bin'], cacheDirectory: directory });
  const plugins = [{ type: 'first', capabilities: { mac: true }, keep: [1] }, { type: 'second' }];
  return {
    log,
    first,
    second,
    recording,
    runner,
    list: parseNetworkList({ cniVersion: version, name: 'net', plugins }, 'test'),
  };
}

describe('CniRunner', () => {
  it('chains ADD, gives each plugin what it declared, and remembers the result', async () => {
    const { log, recording, runner, list } = setUp('1.1.0');
    const result = await runner.add(list, {
      ...attachment,
      capabilityArguments: { mac: '0a:00:00:00:00:01', ips: ['x'] },
    });
    expect(log).toEqual(['first ADD c1 eth0', 'second ADD c1 eth0']);
    expect(result.interfaces).toHaveLength(2);
    expect(recording.sent[0]).toMatchObject({
      keep: [1],
      name: 'net',
      cniVersion: '1.1.0',
      runtimeConfig: { mac: '0a:00:00:00:00:01' },
    });
    expect(recording.sent[0]).not.toHaveProperty('prevResult');
    expect(recording.sent[0]?.['runtimeConfig']).not.toHaveProperty('ips');
    expect(recording.sent[1]).toHaveProperty('prevResult.interfaces.length', 1);
    const path = join(directory, 'results', 'net-c1-eth0');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const cached = JSON.parse(readFileSync(path, 'utf8')) as CniJson;
    expect(cached).toMatchObject({
      kind: 'cniCacheV1',
      containerId: 'c1',
      ifName: 'eth0',
      networkName: 'net',
      netns: '/nowhere',
      cniArgs: [['K', 'v']],
    });
    expect(JSON.parse(Buffer.from(cached['config'] as string, 'base64').toString())).toMatchObject({ name: 'net' });
  });

  it('stops ADD at the first error and undoes nothing', async () => {
    const { log, first, runner, list } = setUp('1.1.0');
    first.fail.set('ADD', CniError.tryAgainLater('busy'));
    await expect(runner.add(list, attachment)).rejects.toMatchObject({ cniCode: 11 });
    expect(log).toEqual(['first ADD c1 eth0']);
  });

  it('goes on with DEL past a failing plugin and keeps the result for the next attempt', async () => {
    const { log, first, second, recording, runner, list } = setUp('1.1.0');
    await runner.add(list, attachment);
    second.fail.set('DEL', new Error('second is broken'));
    await expect(runner.del(list, attachment)).rejects.toMatchObject({ cniCode: 999, summary: 'second is broken' });
    expect(log.slice(2)).toEqual(['second DEL c1 eth0', 'first DEL c1 eth0']);
    expect(recording.sent.at(-1)).toHaveProperty('prevResult.interfaces.length', 2);
    expect(await runner.attachments(list)).toHaveLength(1);
    first.fail.set('DEL', new Error('first is broken'));
    await expect(runner.del(list, attachment)).rejects.toThrow(cniSdkErrors.CHAIN_FAILED.code);
    first.fail.clear();
    second.fail.clear();
    await runner.del(list, attachment);
    expect(await runner.attachments(list)).toEqual([]);
    await runner.del(list, attachment);
  });

  it('deletes with a corrupt cache, and hands no prevResult on before 0.4.0', async () => {
    const { recording, runner, list } = setUp('1.1.0');
    mkdirSync(join(directory, 'results'));
    writeFileSync(join(directory, 'results', 'net-c1-eth0'), '{"kind":');
    await runner.del(list, attachment);
    expect(readdirSync(join(directory, 'results'))).toEqual([]);
    const old = { ...list, version: '0.3.1' as const };
    await runner.add(old, attachment);
    await runner.del(old, attachment);
    expect(recording.sent.at(-1)).not.toHaveProperty('prevResult');
  });

  it('speaks the version of the list to DEL, whatever version ADD spoke', async () => {
    const { recording, runner, list } = setUp('0.4.0');
    await runner.add(list, attachment);
    await runner.del({ ...list, version: '1.1.0' }, attachment);
    expect(recording.sent.at(-1)).toHaveProperty('prevResult.cniVersion', '1.1.0');
    expect(recording.sent.at(-1)).not.toHaveProperty('prevResult.ips[0].version');
  });

  it('checks with the result of ADD, unless the list says not to', async () => {
    const { log, runner, list } = setUp('1.1.0');
    await expect(runner.check(list, attachment)).rejects.toThrow(cniSdkErrors.NOT_CACHED.code);
    await runner.add(list, attachment);
    await runner.check(list, attachment);
    await runner.check({ ...list, disableCheck: true }, attachment);
    expect(log.filter((line) => line.includes('CHECK'))).toEqual(['first CHECK c1 eth0', 'second CHECK c1 eth0']);
    await expect(runner.check({ ...list, version: '0.3.1' }, attachment)).rejects.toMatchObject({ cniCode: 1 });
  });

  it('collects garbage: DEL of what is remembered and not valid, then GC with both names of the list', async () => {
    const { log, recording, runner, list } = setUp('1.1.0');
    await runner.add(list, attachment);
    await runner.add(list, { ...attachment, containerId: 'c2' });
    log.length = 0;
    const valid = [{ containerID: 'c2', ifname: 'eth0' }];
    await runner.gc(list, () => valid);
    expect(log).toEqual(['second DEL c1 eth0', 'first DEL c1 eth0', 'first GC', 'second GC']);
    expect(recording.sent.at(-1)).toMatchObject({ 'cni.dev/valid-attachments': valid, 'cni.dev/attachments': valid });
    await runner.gc({ ...list, disableGc: true }, () => []);
    expect(await runner.attachments(list)).toHaveLength(1);
  });

  it('disconnects, and collects, what it remembers in a version that nobody knows', async () => {
    const { log, recording, runner, list } = setUp('1.1.0');
    for (const disconnect of [() => runner.del(list, attachment), () => runner.gc(list, () => [])]) {
      await runner.add(list, attachment);
      const path = join(directory, 'results', 'net-c1-eth0');
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"1.1.0"', '"1.2.0"'));
      await disconnect();
      expect(recording.sent.findLast(({ verb }) => verb === 'DEL')).not.toHaveProperty('prevResult');
      expect(await runner.attachments(list)).toEqual([]);
    }
    expect(log.filter((line) => line.includes('DEL'))).toHaveLength(4);
  });

  it('collects garbage beside no other call, and asks then what is valid', async () => {
    const { log, recording, runner, list } = setUp('1.1.0');
    const gate = Promise.withResolvers<void>();
    const execute = recording.execute.bind(recording);
    recording.execute = async (call, signal) => {
      if (call.environment['CNI_COMMAND'] === 'ADD') await gate.promise;
      return execute(call, signal);
    };
    const connected: string[] = [];
    const adding = runner.add(list, attachment).then(() => connected.push('c1'));
    const collecting = runner.gc(list, async () => {
      await adding;
      return connected.map((containerID) => ({ containerID, ifname: 'eth0' }));
    });
    const later = runner.add(list, { ...attachment, containerId: 'c2' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
    gate.resolve();
    await Promise.all([collecting, later]);
    const adds = (id: string): string[] => [`first ADD ${id} eth0`, `second ADD ${id} eth0`];
    expect(log).toEqual([...adds('c1'), 'first GC', 'second GC', ...adds('c2')]);
  });

  it('does not wait for its turn longer than its signal allows', async () => {
    const { log, runner, list } = setUp('1.1.0');
    const abort = new AbortController();
    const first = runner.add(list, attachment);
    const second = runner.del(list, attachment, abort.signal);
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await first;
    expect(log.filter((line) => line.includes('DEL'))).toEqual([]);
  });

  it('takes a result of null in a chain', async () => {
    const { runner, recording, list } = setUp('1.1.0');
    const execute = recording.execute.bind(recording);
    recording.execute = async (call, signal) => {
      const output = await execute(call, signal);
      return call.type === 'first' ? { ...output, stdout: 'null' } : output;
    };
    expect((await runner.add(list, attachment)).interfaces).toHaveLength(1);
    expect(recording.sent[1]).toHaveProperty('prevResult', { cniVersion: '1.1.0' });
  });

  it('tells attachments apart that share a file', async () => {
    const { runner, recording, list } = setUp('1.1.0');
    const [short, long] = [
      { ...list, name: 'a' },
      { ...list, name: 'a-b' },
    ];
    await runner.add(long, { ...attachment, containerId: 'c' });
    await runner.del(short, { ...attachment, containerId: 'b-c' });
    expect(recording.sent.at(-1)).not.toHaveProperty('prevResult');
    expect(await runner.attachments(long)).toHaveLength(1);
    await expect(runner.check(short, { ...attachment, containerId: 'b-c' })).rejects.toThrow('needs the result of ADD');
  });

  it('does not mind what a crash left, or what cannot be read', async () => {
    const { runner, list } = setUp('1.1.0');
    mkdirSync(join(directory, 'results', 'net-c2-eth0'), { recursive: true });
    writeFileSync(join(directory, 'results', '.net-c1-eth0.new'), '');
    await runner.add(list, attachment);
    const unreadable = runner.check(list, { ...attachment, containerId: 'c2' });
    await expect(unreadable).rejects.toThrow(cniSdkErrors.NOT_CACHED.code);
  });

  it('keeps the code of the plugin that is not ready', async () => {
    const { second, runner, list } = setUp('1.1.0');
    await runner.status(list);
    second.fail.set('STATUS', CniError.notAvailable('no bridge'));
    await expect(runner.status(list)).rejects.toMatchObject({ cniCode: 50 });
    await runner.status({ ...list, version: '1.0.0' });
  });

  it('asks for versions', async () => {
    const { runner } = setUp('1.1.0');
    expect((await runner.versions('first')).at(-1)).toBe('1.1.0');
    await expect(runner.versions('none')).rejects.toThrow('no such plugin');
  });

  it('refuses ids that could leave the cache directory', async () => {
    const { runner, list } = setUp('1.1.0');
    await expect(runner.add(list, { ...attachment, containerId: '../x' })).rejects.toMatchObject({ cniCode: 4 });
    await expect(runner.del(list, { ...attachment, ifName: 'a/b' })).rejects.toMatchObject({ cniCode: 4 });
  });
});

describe('network lists', () => {
  const plugin = { type: 'first' };
  const write = (file: string, body: unknown): void =>
    writeFileSync(join(directory, file), typeof body === 'string' ? body : JSON.stringify(body));

  it('takes the newest version it knows', () => {
    const version = (cniVersion: unknown, cniVersions?: unknown): string =>
      parseNetworkList({ name: 'n', cniVersion, cniVersions, plugins: [plugin] }, 'x').version;
    expect([version('0.4.0', ['1.1.0', '9.0.0']), version('1.0.0'), version(undefined)]).toEqual([
      '1.1.0',
      '1.0.0',
      '0.1.0',
    ]);
    expect(() => version('9.0.0')).toThrow(cniSdkErrors.NO_VERSION.code);
  });

  it('loads by file name, lists before single plugins, with the plugins that others added', async () => {
    write('20-b.conflist', { name: 'b', cniVersion: '1.1.0', plugins: [plugin] });
    write('10-a.conf', { name: 'a', cniVersion: '0.4.0', type: 'first' });
    write('30-broken.conflist', '{');
    write('notes.txt', 'x');
    mkdirSync(join(directory, 'b'));
    write('b/50-more.conf', { type: 'second' });
    const { networks, problems } = await loadNetworks(directory);
    expect(networks.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('30-broken.conflist is invalid')]);
    rmSync(join(directory, '30-broken.conflist'));
    expect((await loadNetwork(directory, 'b')).plugins).toEqual([plugin, { type: 'second' }]);
    write('20-b.conflist', { name: 'b', loadOnlyInlinedPlugins: 'true', plugins: [plugin] });
    expect((await loadNetwork(directory, 'b')).plugins).toEqual([plugin]);
    await expect(loadNetwork(directory, 'c')).rejects.toThrow(cniSdkErrors.NETWORK_NOT_FOUND.code);
  });

  it.each([
    [{ name: '../x', plugins: [plugin] }, "'name'"],
    [{ name: 'n', plugins: [{}] }, "'plugins[0].type'"],
    [{ name: 'n', plugins: {} }, "'plugins'"],
    [{ name: 'n', disableCheck: 'maybe', plugins: [plugin] }, "'disableCheck'"],
  ])('refuses %j', (json, field) => {
    expect(() => parseNetworkList(json, 'file')).toThrow(field);
  });
});

describe('parseCached', () => {
  const key = { networkName: 'n', containerId: 'c', ifName: 'eth0' };

  it('reads the bare result of old libraries, and nothing from what is broken', () => {
    expect(parseCached('{"cniVersion":"0.3.1","ips":[]}', key)).toMatchObject({
      ...key,
      result: { cniVersion: '0.3.1' },
    });
    for (const text of ['', '{', '[]', '{"kind":"cniCacheV1"}']) expect(parseCached(text, key)).toBeUndefined();
  });
});
