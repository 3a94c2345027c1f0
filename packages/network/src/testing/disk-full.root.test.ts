import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { CniRunner, InProcessExecutor, parseNetworkList, ProcessExecutor } from '@kubewright/cni-sdk';
import { mount, Nftables, unmount } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from './test-machine.js';

const name = 'full';
const portMappings = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }];

function useUp(directory: string): void {
  expect(() => writeFileSync(join(directory, 'filler'), Buffer.alloc(1 << 20))).toThrow('ENOSPC');
}

describe.skipIf(!privileged())('a full disk (needs root)', () => {
  let machine: TestMachine;
  let runner: CniRunner;
  let small: string | undefined;

  const network = (): ReturnType<typeof parseNetworkList> => {
    const ipam = { type: 'host-local', dataDir: machine.leases, ranges: [[{ subnet: '10.67.0.0/24' }]] };
    const bridge = { type: 'bridge', isGateway: true, ipMasq: true, ipam };
    const plugins = [bridge, { type: 'portmap', capabilities: { portMappings: true } }];
    return parseNetworkList({ cniVersion: '1.1.0', name, plugins }, 'test');
  };
  /** Makes a directory a file system of its own that has no page left. */
  const fill = async (directory: string): Promise<void> => {
    mkdirSync(directory, { recursive: true });
    await mount({ fileSystem: 'tmpfs', source: 'full', target: directory, data: 'size=64k' });
    small = directory;
    useUp(directory);
  };
  const files = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
  const left = async (): Promise<unknown> => {
    await using filter = Nftables.open(machine.space);
    const table = { family: 'inet', name: 'kubewright-cni' } as const;
    const keys = (set: string): Promise<number> =>
      filter.keys({ table, name: set }).then(
        ({ length }) => length,
        () => 0,
      );
    return {
      leases: files(join(machine.leases, name)).filter((one) => isIP(one) !== 0),
      states: ['bridge', 'portmap'].flatMap((type) => files(join(machine.directory, 'state', type, name))),
      results: files(join(machine.directory, 'cache', 'results')),
      pairs: (await machine.tables.links({ kind: 'veth' })).length,
      masqueraded: await keys('masquerade-0a430000-24'),
      ports: await keys('ports-4'),
    };
  };
  const nothing = { leases: [], states: [], results: [], pairs: 0, masqueraded: 0, ports: 0 };

  beforeEach(() => {
    machine = new TestMachine();
    const executor = new InProcessExecutor(machine.plugins, new ProcessExecutor());
    runner = new CniRunner({ executor, path: ['/nowhere'], cacheDirectory: join(machine.directory, 'cache') });
  });
  afterEach(async () => {
    if (small !== undefined) await unmount(small, { detach: true });
    small = undefined;
    await machine[Symbol.asyncDispose]();
  });

  it.each(['leases', 'state/bridge', 'state/portmap', 'cache'])(
    'of %s fails ADD, leaves nothing after DEL, and is over when there is room again',
    async (directory) => {
      const attachment = {
        containerId: 'c',
        netns: machine.pod().path,
        ifName: 'eth0',
        capabilityArguments: { portMappings },
      };
      await fill(join(machine.directory, directory));
      await expect(runner.add(network(), attachment)).rejects.toThrow('ENOSPC');
      await runner.del(network(), attachment);
      expect(await left()).toEqual(nothing);
      rmSync(join(machine.directory, directory, 'filler'));
      const { ips } = await runner.add(network(), attachment);
      expect(ips).toHaveLength(1);
      await runner.check(network(), attachment);
      expect(await left()).toMatchObject({ pairs: 1, masqueraded: 1, ports: 1 });
      // Connecting needs room, disconnecting none.
      useUp(join(machine.directory, directory));
      await runner.del(network(), attachment);
      expect(await left()).toEqual(nothing);
    },
  );
});
