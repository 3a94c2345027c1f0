/**
 * A program of its own, run inside the network namespace of a judged machine: the registry of the stand-in images, our CNI
 * plugins, and our runtime where it is judged. It is given options as JSON, says where things are, and ends with its input.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CniDaemon, InProcessExecutor, ProcessExecutor, installPlugins } from '@kubewright/cni-sdk';
import { SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import { Rtnetlink, setLink } from '@kubewright/linux';
import { HostNetwork, networkPlugins } from '@kubewright/network';
import { CniNetwork, ContainerRuntime } from '@kubewright/runtime';
import { ImageRegistry } from './images/image-registry.js';
import { standInImages } from './images/stand-in-images.js';
import type { MachineAddresses, MachineOptions } from './machine.js';

const { directory, program, runtime: withRuntime } = JSON.parse(process.argv[2] ?? '') as MachineOptions;
const clock = new SystemClock();

await using tables = Rtnetlink.open();
await tables.run(setLink('lo', { up: true }));
await using registry = await new ImageRegistry(await standInImages()).start();
await using host = new HostNetwork({ stateDirectory: join(directory, 'cni-state') });
const plugins = networkPlugins(host);
const networks = join(directory, 'networks');
await mkdir(networks);
await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(podNetwork()));
// Another runtime starts the plugins as programs.
const binDirectory = join(directory, 'plugins');
const socketPath = join(directory, 'cni.sock');
await installPlugins({ plugins, binDirectory, socketPath });
await using daemon = new CniDaemon({ plugins, socketPath });
await daemon.start();
const runtime = withRuntime ? await startRuntime() : undefined;
const addresses: MachineAddresses = {
  registry: registry.url,
  networks,
  plugins: binDirectory,
  runtime: runtime?.address ?? '',
};
process.stdout.write(`${JSON.stringify(addresses)}\n`);
await new Promise((resolve) => process.stdin.resume().once('close', resolve).once('end', resolve));
await runtime?.stop();

async function startRuntime(): Promise<ContainerRuntime> {
  return ContainerRuntime.start({
    address: join(directory, 'cri.sock'),
    root: join(directory, 'root'),
    state: join(directory, 'state'),
    mirrors: { '*': [registry.url] },
    ...(program !== undefined && { program }),
    network: new CniNetwork({
      directory: networks,
      path: [binDirectory],
      cacheDirectory: join(directory, 'cni-cache'),
      executor: new InProcessExecutor(plugins, new ProcessExecutor()),
      logger: silentLogger,
    }),
    clock,
    random: new SystemRandom(),
  });
}

function podNetwork(): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'pods0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: join(directory, 'cni-leases'),
          ranges: [[{ subnet: '10.88.0.0/16' }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}
