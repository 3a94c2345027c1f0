import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addAddress,
  addRoute,
  deleteLink,
  isRefusal,
  newLink,
  Rtnetlink,
  setLink,
  withNamespace,
} from '@kubewright/linux';
import { privileged, TemporaryNamespace } from '@kubewright/linux/testing';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CniDaemon } from '../daemon/cni-daemon.js';
import { NetworkConfig } from '../config/network-config.js';
import { CniPlugin } from '../plugin/cni-plugin.js';
import type { AttachmentRequest } from '../plugin/cni-plugin.js';
import { ProcessExecutor } from '../execute/process-executor.js';
import type { CniResult } from '../result/result.js';
import { installPlugins } from '../install/install.js';
import { CniRunner } from '../runner/cni-runner.js';
import { parseNetworkList } from '../runner/network-list.js';

class PairConfig extends NetworkConfig {
  @IsString() address!: string;
  @IsString() gateway!: string;
}

/** A whole plugin: a pair of interfaces, one in the pod with an address and the default route. */
class PairPlugin extends CniPlugin<PairConfig> {
  override readonly type = 'pair';
  override readonly config = PairConfig;

  override async add({ config, netns, ifName, containerId }: AttachmentRequest<PairConfig>): Promise<CniResult> {
    const { address, gateway } = config;
    const name = hostName(containerId);
    await withNamespace(netns, async (namespace) => {
      const peer = { name: ifName, namespaceDescriptor: namespace.descriptor };
      await withTables({}, (host) => host.run(newLink({ kind: 'veth', name, peer }), setLink(name, { up: true })));
      await withTables({ namespace }, async (pod) => {
        const link = (await pod.link(ifName))?.index ?? 0;
        const route = addRoute({ destination: '0.0.0.0/0', gateway, link, onlink: true });
        await pod.run(setLink(link, { up: true }), addAddress({ link, address }), route);
      });
    });
    return { interfaces: [{ name: ifName, sandbox: netns }], ips: [{ address, gateway, interface: 0 }] };
  }

  override async del({ containerId }: AttachmentRequest<PairConfig>): Promise<void> {
    await withTables({}, (host) => host.run(deleteLink(hostName(containerId)))).catch((error) => {
      if (!isRefusal(error, 'ENODEV')) throw error;
    });
  }
}

async function withTables<T>(
  where: Parameters<typeof Rtnetlink.open>[0],
  work: (tables: Rtnetlink) => Promise<T>,
): Promise<T> {
  const tables = Rtnetlink.open(where);
  try {
    return await work(tables);
  } finally {
    await tables.close();
  }
}

function hostName(containerId: string): string {
  return `pair${containerId.slice(0, 8)}`;
}

describe.skipIf(!privileged() || !['x64', 'arm64'].includes(process.arch))(
  'a plugin behind its shim (needs root)',
  () => {
    let directory: string;
    let daemon: CniDaemon;
    let runner: CniRunner;
    const list = parseNetworkList(
      {
        cniVersion: '0.3.1',
        name: 'pairs',
        plugins: [{ type: 'pair', address: '10.77.0.2/24', gateway: '10.77.0.1' }],
      },
      'test',
    );

    const spaces = {
      made: [] as TemporaryNamespace[],
      make(): TemporaryNamespace {
        const space = new TemporaryNamespace();
        this.made.push(space);
        return space;
      },
    };

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'pair-'));
      const socketPath = join(directory, 'cni.sock');
      const plugins = [new PairPlugin()];
      daemon = new CniDaemon({ plugins, socketPath });
      await daemon.start();
      await installPlugins({ plugins, binDirectory: join(directory, 'bin'), socketPath });
      runner = new CniRunner({
        executor: new ProcessExecutor(),
        path: [join(directory, 'bin')],
        cacheDirectory: join(directory, 'cache'),
      });
    });

    afterAll(async () => {
      await daemon.stop();
      for (const space of spaces.made) await space[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    });

    it('connects a namespace and disconnects it again', async () => {
      const space = spaces.make();
      const attachment = { containerId: `c${process.pid}`, netns: space.path, ifName: 'eth0' };
      const result = await runner.add(list, attachment);
      expect(result.ips).toEqual([{ address: '10.77.0.2/24', gateway: '10.77.0.1', interface: 0 }]);
      await withTables(space, async (inside) => {
        expect(await inside.link('eth0')).toMatchObject({ up: true, kind: 'veth' });
        const routes = await inside.routes({ family: 4, table: 254 });
        expect(routes).toContainEqual(expect.objectContaining({ destination: '0.0.0.0/0' }));
        await expect(runner.add(list, attachment)).rejects.toMatchObject({ cniCode: 999 });
        await runner.del(list, attachment);
        await runner.del(list, attachment);
        expect(await inside.link('eth0')).toBeUndefined();
      });
    });

    it('connects twenty at once, and the process stays in its own namespace', async () => {
      const count = async (): Promise<number> => (await withTables({}, (own) => own.links())).length;
      const before = await count();
      const attachments = Array.from({ length: 20 }, (_, index) => {
        return { containerId: `n${index}`, netns: spaces.make().path, ifName: 'eth0' };
      });
      await Promise.all(attachments.map((one) => runner.add(list, one)));
      expect(await count()).toBe(before + 20);
      await Promise.all(attachments.map((one) => runner.del(list, one)));
      expect(await count()).toBe(before);
    });

    it('says what is wrong with a namespace that is gone', async () => {
      const attachment = { containerId: 'gone', netns: '/nowhere/ns', ifName: 'eth0' };
      await expect(runner.add(list, attachment)).rejects.toThrow(/no network namespace at '\/nowhere\/ns'/);
    });
  },
);
