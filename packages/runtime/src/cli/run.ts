import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandHandler, CommandInvocation, Random, SettingValues } from '@kubewright/core';
import type { CriClient } from '@kubewright/cri-sdk';
import { ContainerState, NamespaceMode } from '@kubewright/cri-sdk/v1';
import { joinCommand } from './command-stream.js';
import type { runOptions } from './options.js';
import { printLog } from './logs.js';
import { pullOrder } from './pull.js';
import { pullImage } from './pull-image.js';
import { ownStreams } from './terminal.js';
import { requireWords, withClient } from './with-client.js';

/** How directories with logs are called; `rm` removes them, too. */
export const logPrefix = 'kubewright-run-';

type RunOptions = SettingValues<typeof runOptions>;
type Invocation = CommandInvocation<typeof runOptions>;

/** The container's exit code is that of `kubewright`. */
export const run: CommandHandler<typeof runOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const { options, io, random } = invocation;
    const [name, ...command] = requireWords(invocation.positionals, 'an image');
    const image = await imageOf(client, name, invocation);
    const logDirectory = await mkdtemp(join(tmpdir(), logPrefix));
    const config = podConfig(options, random, logDirectory);
    const { podSandboxId } = await client.runtime.runPodSandbox({ config });
    let stays = false;
    try {
      const containerId = await create(client, podSandboxId, config, image, name, command, options);
      if (options.detach) {
        await client.runtime.startContainer({ containerId });
        stays = true;
        io.stdout.write(`${containerId}\n`);
        return 0;
      }
      return await attended(client, containerId, invocation);
    } finally {
      if (!stays) {
        await client.runtime.removePodSandbox({ podSandboxId });
        await rm(logDirectory, { recursive: true, force: true });
      }
    }
  });

async function imageOf(client: CriClient, name: string, { options, io, signal }: Invocation): Promise<string> {
  const { image } = await client.images.imageStatus({ image: { image: name } });
  return image?.id ?? (await pullImage(client, { image: name, ...pullOrder(options) }, io.stderr, signal));
}

function podConfig({ name, hostNetwork }: RunOptions, random: Random, logDirectory: string) {
  const made = Buffer.from(random.bytes(4)).toString('hex');
  const network = hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD;
  return {
    metadata: { name: name ?? `run-${made}`, namespace: 'kubewright-run', uid: made, attempt: 0 },
    // A pod in this machine's network has this machine's name.
    hostname: hostNetwork ? '' : (name ?? made),
    logDirectory,
    linux: { securityContext: { namespaceOptions: { network, pid: NamespaceMode.CONTAINER } } },
  };
}

async function create(
  client: CriClient,
  podSandboxId: string,
  sandboxConfig: ReturnType<typeof podConfig>,
  image: string,
  userSpecifiedImage: string,
  command: readonly string[],
  { stdin, tty, env }: RunOptions,
): Promise<string> {
  const { namespaceOptions } = sandboxConfig.linux.securityContext;
  const config = {
    metadata: { name: sandboxConfig.metadata.name, attempt: 0 },
    image: { image, userSpecifiedImage },
    // As `docker run` has it: the image's entrypoint stays.
    args: [...command],
    envs: env.map((entry) => {
      const [key = '', ...value] = entry.split('=');
      return { key, value: Buffer.from(value.join('=')) };
    }),
    logPath: 'container.log',
    stdin,
    stdinOnce: stdin,
    tty,
    linux: { securityContext: { namespaceOptions } },
  };
  const { containerId } = await client.runtime.createContainer({ podSandboxId, config, sandboxConfig });
  return containerId;
}

/** Starts a container and stays with it to its end. */
async function attended(client: CriClient, containerId: string, invocation: Invocation): Promise<number> {
  const { options, io, clock, signal } = invocation;
  const { stdin, tty } = options;
  await client.runtime.startContainer({ containerId });
  if (stdin || tty) {
    const { url } = await client.runtime.attach({ containerId, stdin, tty, stdout: true, stderr: !tty });
    using streams = ownStreams(io, { stdin, tty });
    await joinCommand(url, streams, signal);
  } else await printLog(client, containerId, true, invocation);
  // What was printed or attached to ends a little before the container does.
  for (;;) {
    const { status } = await client.runtime.containerStatus({ containerId });
    if (status?.state === ContainerState.CONTAINER_EXITED) return status.exitCode;
    await clock.sleep(50, signal);
  }
}
