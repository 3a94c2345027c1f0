import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { daemonAnswers, installNetwork, installPlugins, parseNetworkList, uninstall } from '@kubewright/cni-sdk';
import type { CniJson } from '@kubewright/cni-sdk';
import type { CommandContext, CommandHandler, CommandOutput } from '@kubewright/core';
import { isRecord, messageOf } from '@kubewright/core';
import { clusterNetwork, defaultNetwork } from '../daemon/default-network.js';
import { networkPlugins } from '../daemon/network-plugins.js';
import { networkErrors } from '../errors.js';
import { HostNetwork } from '../host/host-network.js';
import { completeRange } from '../ipam/range.js';
import type { installSettings, pathSettings } from './options.js';
import { requestCommand } from './serve-request.js';

/** Milliseconds between two looks at the daemon's socket. */
const pause = 100;

/** When the daemon answers: the shims, and then the list, by which a runtime starts to call them. */
export const install: CommandHandler<typeof installSettings> = async (invocation) => {
  const { options, io } = invocation;
  const { socket, binDir, confDir, file, stateDir, subnet, cluster, list, wait, force } = options;
  const network = list === undefined ? ownList(cluster, subnet) : await readList(list);
  // A list that is wrong is refused before anything is written.
  const { name, plugins: chain } = parseNetworkList(network, list ?? file);
  if (chain.length === 0) throw networkErrors.INVALID_LIST({ file: list ?? file, problem: 'it names no plugin' });
  await untilServed(socket, wait, invocation);
  await using host = new HostNetwork();
  const plugins = networkPlugins(host);
  const fallback = requestCommand(stateDir);
  await installPlugins({ plugins, binDirectory: binDir, socketPath: socket, fallback, force });
  print(io.stdout, `put ${plugins.map(({ type }) => type).join(', ')} into ${binDir}`);
  const placed = await installNetwork({ configDirectory: confDir, file, list: network });
  print(io.stdout, `put the network '${name}' into ${placed}`);
};

export const uninstallAll: CommandHandler<typeof pathSettings> = async ({ options, io }) => {
  const { socket, binDir, confDir, file } = options;
  await using host = new HostNetwork();
  const gone = await uninstall({
    network: { configDirectory: confDir, file },
    plugins: { binDirectory: binDir, plugins: networkPlugins(host), socketPath: socket },
  });
  for (const directory of [confDir, binDir]) {
    const names = gone.filter((path) => resolve(dirname(path)) === resolve(directory)).map((path) => basename(path));
    if (names.length > 0) print(io.stdout, `took ${names.join(', ')} out of ${directory}`);
  }
  if (gone.length === 0) print(io.stdout, `there is nothing of ours in ${confDir} and ${binDir}`);
};

function print(output: CommandOutput, line: string): void {
  output.write(`${line}\n`);
}

/** @throws CniError where no address could be given out of a network. */
function ownList(cluster: boolean, subnets: readonly string[]): CniJson {
  if (cluster) return clusterNetwork();
  for (const subnet of subnets) completeRange({ subnet }, '--subnet');
  return defaultNetwork(subnets);
}

async function readList(file: string): Promise<CniJson> {
  let problem: string;
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isRecord(value)) return value;
    problem = 'it is no JSON object';
  } catch (error) {
    problem = messageOf(error);
  }
  throw networkErrors.INVALID_LIST({ file, problem });
}

async function untilServed(socket: string, wait: number, { io, clock, signal }: CommandContext): Promise<void> {
  if (await daemonAnswers(socket)) return;
  const end = clock.monotonic() + wait;
  if (wait > 0) print(io.stdout, `waiting for the daemon at ${socket}`);
  while (clock.monotonic() < end) {
    await clock.sleep(pause, signal);
    if (await daemonAnswers(socket)) return;
  }
  throw networkErrors.DAEMON_AWAY({ socket });
}
