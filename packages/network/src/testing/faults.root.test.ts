import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CniRunner, InProcessExecutor, installPlugins, parseNetworkList, ProcessExecutor } from '@kubewright/cni-sdk';
import type { Attachment, CniResult } from '@kubewright/cni-sdk';
import { deleteLink, Nftables, removeNetworkNamespace } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetworkDaemon } from '../daemon/network-daemon.js';
import { TestMachine } from './test-machine.js';

const packageDirectory = fileURLToPath(new URL('../..', import.meta.url));
const program = `
import { NetworkDaemon } from '@kubewright/network';
const [socketPath, stateDirectory, namespace] = process.argv.slice(1);
await new NetworkDaemon({ socketPath, stateDirectory, namespace }).start();
process.stdout.write('ready');
`;
const patience = 120_000;

describe.skipIf(!privileged() || !['x64', 'arm64'].includes(process.arch))('faults (needs root)', () => {
  let machine: TestMachine;
  let runner: CniRunner;
  let network: ReturnType<typeof parseNetworkList>;
  const daemons: ChildProcess[] = [];

  const path = (name: string): string => join(machine.directory, name);
  const makeRunner = async (socket: string, bin: string): Promise<CniRunner> => {
    await installPlugins({ plugins: machine.plugins, binDirectory: path(bin), socketPath: path(socket) });
    return new CniRunner({ executor: new ProcessExecutor(), path: [path(bin)], cacheDirectory: path('cache') });
  };
  const startDaemon = async (): Promise<ChildProcess> => {
    const flags = ['--conditions=@kubewright/source', '--import', 'tsx', '--input-type=module', '-e', program];
    const words = [path('cni.sock'), path('state'), machine.space.path];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(packageDirectory, '../../tsconfig.test.json') };
    const child = spawn(process.execPath, [...flags, ...words], { cwd: packageDirectory, stdio: [...stdio], env });
    daemons.push(child);
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the daemon ended')));
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    ended.catch(() => undefined);
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  const leases = (): string[] => {
    const directory = join(machine.leases, 'faults');
    return existsSync(directory) ? readdirSync(directory).filter((name) => isIP(name) !== 0) : [];
  };
  const masqueraded = async (): Promise<number> => {
    await using filter = Nftables.open(machine.space);
    const table = { family: 'inet', name: 'kubewright-cni' } as const;
    return (await filter.keys({ table, name: 'masquerade-0a3f0000-16' })).length;
  };
  const pairs = async (): Promise<number> => (await machine.tables.links({ kind: 'veth' })).length;
  const states = (): string[] => readdirSync(join(path('state'), 'bridge', 'faults'));
  const addressOf = ({ ips }: CniResult): string => ips?.[0]?.address.split('/')[0] ?? '';

  beforeEach(() => {
    machine = new TestMachine();
    const ipam = {
      type: 'host-local',
      dataDir: machine.leases,
      ranges: [[{ subnet: '10.63.0.0/16' }]],
      routes: [{ dst: '0.0.0.0/0' }],
    };
    network = parseNetworkList(
      { cniVersion: '1.1.0', name: 'faults', plugins: [{ type: 'bridge', isGateway: true, ipMasq: true, ipam }] },
      'test',
    );
  });
  afterEach(async () => {
    for (const child of daemons.splice(0)) if (child.exitCode === null && child.signalCode === null) await kill(child);
    await machine[Symbol.asyncDispose]();
  });

  it('loses and doubles no address when the daemon is killed among 200 calls', { timeout: patience }, async () => {
    runner = await makeRunner('cni.sock', 'bin');
    const attachments = Array.from({ length: 100 }, () => machine.pod().path).flatMap((netns, index) =>
      ['eth0', 'eth1'].map((ifName): Attachment => ({ containerId: `c${index}`, netns, ifName })),
    );
    let daemon = await startDaemon();
    const held = new Map<Attachment, string>();
    /** Makes all calls at once, and kills the daemon in the middle of them. */
    const storm = async (
      calls: readonly (() => Promise<void>)[],
      isMiddle: () => boolean | Promise<boolean>,
    ): Promise<number> => {
      const outcomes = Promise.allSettled(calls.map((call) => call()));
      while (!(await isMiddle())) await new Promise((resolve) => setImmediate(resolve));
      await kill(daemon);
      const failed = (await outcomes).filter(({ status }) => status === 'rejected');
      daemon = await startDaemon();
      return failed.length;
    };
    const add = (one: Attachment) => async (): Promise<void> => {
      held.set(one, addressOf(await runner.add(network, one)));
    };
    const del = (one: Attachment) => async (): Promise<void> => {
      await runner.del(network, one);
      held.delete(one);
    };

    expect(await storm(attachments.map(add), () => leases().length >= 60)).toBeGreaterThan(0);
    // A runtime answers a failed ADD with DEL, and tries again.
    const again = async (one: Attachment): Promise<void> => {
      await del(one)();
      await add(one)();
    };
    await Promise.all(attachments.filter((one) => !held.has(one)).map(again));
    expect(new Set(held.values()).size).toBe(200);
    expect(leases().toSorted()).toEqual([...held.values()].toSorted());

    expect(await storm(attachments.map(del), async () => (await pairs()) < 200)).toBeGreaterThan(0);
    await Promise.all(attachments.map((one) => del(one)()));
    expect([leases(), await pairs(), await masqueraded(), states()]).toEqual([[], 0, 0, []]);
    await storm(attachments.map(add), () => leases().length >= 30);
    // What was begun and never answered is what GC is for.
    const valid = [...held.keys()].map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName }));
    await runner.gc(network, () => valid);
    expect(leases().toSorted()).toEqual([...held.values()].toSorted());
    expect([await pairs(), await masqueraded(), states().length]).toEqual([held.size, held.size, held.size]);
    await runner.gc(network, () => []);
    expect([leases(), await pairs(), await masqueraded(), states()]).toEqual([[], 0, 0, []]);
  });

  it('gives no address twice with two daemons on one directory', { timeout: patience }, async () => {
    const runners: CniRunner[] = [];
    const options = { stateDirectory: path('state'), namespace: machine.space.path };
    await using one = new NetworkDaemon({ ...options, socketPath: path('one.sock') });
    await using two = new NetworkDaemon({ ...options, socketPath: path('two.sock') });
    for (const [name, daemon] of Object.entries({ one, two })) {
      await daemon.start();
      runners.push(await makeRunner(`${name}.sock`, name));
    }
    const attachments = Array.from({ length: 40 }, (_, index) => {
      return { containerId: `d${index}`, netns: machine.pod().path, ifName: 'eth0' };
    });
    const call = (index: number): CniRunner => {
      const [even, odd] = runners;
      if (even === undefined || odd === undefined) throw new Error('there must be two');
      return index % 2 === 0 ? even : odd;
    };
    const results = await Promise.all(attachments.map((each, index) => call(index).add(network, each)));
    expect(new Set(results.map(addressOf)).size).toBe(40);
    expect(await masqueraded()).toBe(40);
    // The other one takes them away again.
    await Promise.all(attachments.map((each, index) => call(index + 1).del(network, each)));
    expect([leases(), await pairs(), await masqueraded(), states()]).toEqual([[], 0, 0, []]);
  });

  it('refuses a second ADD and leaves the first alone', async () => {
    const config = { ...network.plugins[0], name: 'faults' };
    const options = { config, netns: machine.pod().path };
    await machine.succeed('bridge', 'ADD', options);
    expect(await machine.call('bridge', 'ADD', options)).toMatchObject({ exitCode: 1 });
    expect([leases(), await pairs(), await masqueraded()]).toEqual([['10.63.0.2'], 1, 1]);
    await machine.succeed('bridge', 'DEL', options);
  });

  it('releases what belonged to a namespace that is gone', async () => {
    const config = { ...network.plugins[0], name: 'faults' };
    const pod = machine.pod();
    const options = { config, netns: pod.path };
    await machine.succeed('bridge', 'ADD', options);
    pod.namespace.close();
    await removeNetworkNamespace(pod.path);
    await machine.succeed('bridge', 'DEL', options);
    expect([leases(), await masqueraded(), states()]).toEqual([[], 0, []]);
  });

  it('takes damaged leases and records for what nobody needs', async () => {
    const config = { ...network.plugins[0], name: 'faults', cniVersion: '1.1.0' };
    await machine.succeed('bridge', 'ADD', { config, netns: machine.pod().path, containerId: 'broken' });
    await machine.succeed('bridge', 'ADD', { config, netns: machine.pod().path, containerId: 'whole' });
    writeFileSync(join(machine.leases, 'faults', '10.63.0.9'), '');
    writeFileSync(join(machine.leases, 'faults', 'last_reserved_ip.0'), 'nonsense');
    writeFileSync(join(path('state'), 'bridge', 'faults', 'broken:eth0'), '{"addr');
    const valid = [{ containerID: 'whole', ifname: 'eth0' }];
    await machine.succeed('bridge', 'GC', { config: { ...config, 'cni.dev/valid-attachments': valid } });
    expect([leases(), await pairs(), states()]).toEqual([['10.63.0.3'], 1, ['whole:eth0']]);
    const next = await machine.succeed('bridge', 'ADD', { config, netns: machine.pod().path, containerId: 'next' });
    expect(addressOf(next)).toBe('10.63.0.2');
  });

  it('collects what is gone without touching who has its namespace now', async () => {
    const config = { ...network.plugins[0], name: 'faults', cniVersion: '1.1.0' };
    const netns = machine.pod().path;
    await machine.succeed('bridge', 'ADD', { config, netns, containerId: 'before' });
    const [pair] = await machine.tables.links({ kind: 'veth' });
    await machine.tables.run(deleteLink(pair?.index ?? 0));
    await machine.succeed('bridge', 'ADD', { config, netns, containerId: 'after' });
    const valid = [{ containerID: 'after', ifname: 'eth0' }];
    await machine.succeed('bridge', 'GC', { config: { ...config, 'cni.dev/valid-attachments': valid } });
    expect([leases(), await pairs(), states()]).toEqual([['10.63.0.3'], 1, ['after:eth0']]);
  });

  it('releases what a damaged cache of results no longer tells', async () => {
    const executor = new InProcessExecutor(machine.plugins, new ProcessExecutor());
    const damaged = new CniRunner({ executor, path: ['/nowhere'], cacheDirectory: path('cache') });
    for (const content of ['', '{"kind":"cniCacheV1"', '[]', '\0\0\0\0']) {
      const attachment = { containerId: 'cached', netns: machine.pod().path, ifName: 'eth0' };
      await damaged.add(network, attachment);
      const [file = ''] = readdirSync(path('cache/results'));
      writeFileSync(path(join('cache/results', file)), content);
      await damaged.gc(network, () => []);
      expect([leases(), await pairs(), await masqueraded(), states()]).toEqual([[], 0, 0, []]);
      await damaged.del(network, attachment);
      expect(readdirSync(path('cache/results'))).toEqual([]);
    }
  });

  it('leaves nothing behind when the disk refuses the lease', async () => {
    const config = { ...network.plugins[0], name: 'faults' };
    writeFileSync(machine.leases, 'a file where a directory should be');
    const answer = await machine.call('bridge', 'ADD', { config, netns: machine.pod().path });
    expect(JSON.parse(answer.stdout)).toMatchObject({ code: 5 });
    expect(await pairs()).toBe(0);
    rmSync(machine.leases);
    await machine.succeed('bridge', 'DEL', { config, netns: '' });
    expect([leases(), states()]).toEqual([[], []]);
  });
});
