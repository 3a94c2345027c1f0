import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { installNetwork, installPlugins, parseNetworkList, uninstall } from '@kubewright/cni-sdk';
import type { Json } from '@kubewright/cni-sdk';
import { SystemClock } from '@kubewright/core';
import type { CliInvocation } from '@kubewright/core';
import { clusterNetwork, defaultNetwork } from '../daemon/default-network.js';
import { networkPlugins } from '../daemon/network-plugins.js';
import { networkErrors } from '../errors.js';
import { HostNetwork } from '../host/host-network.js';
import { completeRange } from '../ipam/range.js';
import type { InstallOptions, UninstallOptions } from './cni-commands.js';

/** Milliseconds between two looks at the daemon's socket. */
const pause = 100;

/** The shims first; the list, by which a runtime starts to call them, when the daemon answers. */
export async function install({ options, signal }: CliInvocation): Promise<void> {
  const { socket, binDir, confDir, file, subnet, cluster, list, wait } = options as InstallOptions;
  const network = list === undefined ? ownList(cluster, subnet) : await readList(list);
  // A list that is wrong is refused before anything is written.
  parseNetworkList(network, list ?? file);
  await using host = new HostNetwork();
  await installPlugins({ plugins: networkPlugins(host), binDirectory: binDir, socketPath: socket });
  await untilServed(socket, wait, signal);
  await installNetwork({ configDirectory: confDir, file, list: network });
}

export async function uninstallAll({ options }: CliInvocation): Promise<void> {
  const { socket, binDir, confDir, file } = options as UninstallOptions;
  await using host = new HostNetwork();
  await uninstall({
    network: { configDirectory: confDir, file },
    plugins: { binDirectory: binDir, plugins: networkPlugins(host), socketPath: socket },
  });
}

/** @throws CniError where no address could be given out of a network. */
function ownList(cluster: boolean, subnets: readonly string[]): Json {
  if (cluster) return clusterNetwork();
  for (const subnet of subnets) completeRange({ subnet }, '--subnet');
  return defaultNetwork(subnets);
}

async function readList(file: string): Promise<Json> {
  let problem: string;
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    problem = 'it is no JSON object';
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  throw networkErrors.INVALID_LIST({ file, problem });
}

async function untilServed(socket: string, wait: number, signal: AbortSignal): Promise<void> {
  const clock = new SystemClock();
  for (const end = clock.monotonic() + wait; ; await clock.sleep(pause, signal)) {
    if (await answers(socket)) return;
    if (clock.monotonic() >= end) throw networkErrors.DAEMON_AWAY({ socket });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (served: boolean) => (): void => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}
