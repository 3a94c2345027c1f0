import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CriClient } from '@kubewright/cri-sdk';
import { NamespaceMode, SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';

/** Milliseconds by the name of the call. */
export type Timings = Readonly<Record<string, number>>;

/** A container that does nothing, and ends when it is told to. */
const idle = 'trap "exit 0" TERM; sleep 1000000 & wait';
let pods = 0;

export interface Pod {
  readonly podSandboxId: string;
  readonly containerId: string;
  readonly timings: Timings;
}

/** Brings one pod up as a kubelet does, with limits, the default filter of system calls, and a log. */
export async function podUp(client: CriClient, image: string, directory: string, hostNetwork: boolean): Promise<Pod> {
  const name = `pod${pods++}`;
  const timings: Record<string, number> = {};
  const network = hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD;
  const logDirectory = join(directory, 'logs', name);
  mkdirSync(logDirectory, { recursive: true });
  const seccomp = { profileType: ProfileType.RuntimeDefault };
  const namespaceOptions = { network, pid: NamespaceMode.CONTAINER };
  const sandboxConfig = {
    metadata: { name, namespace: 'bench', uid: name, attempt: 0 },
    logDirectory,
    linux: { cgroupParent: '/cri-bench', securityContext: { namespaceOptions, seccomp } },
  };
  const config = {
    metadata: { name: 'main', attempt: 0 },
    image: { image },
    command: ['/bin/sh', '-c', idle],
    logPath: 'main.log',
    linux: {
      resources: { cpuShares: 256n, memoryLimitInBytes: 64n * 1024n * 1024n },
      securityContext: { namespaceOptions, seccomp },
    },
  };
  const { runtime } = client;
  const { podSandboxId } = await timed(timings, 'RunPodSandbox', () =>
    runtime.runPodSandbox({ config: sandboxConfig }),
  );
  const { containerId } = await timed(timings, 'CreateContainer', () =>
    runtime.createContainer({ podSandboxId, config, sandboxConfig }),
  );
  await timed(timings, 'StartContainer', () => runtime.startContainer({ containerId }));
  return { podSandboxId, containerId, timings };
}

export async function exec({ runtime }: CriClient, { containerId }: Pod): Promise<Timings> {
  const timings: Record<string, number> = {};
  await timed(timings, 'ExecSync', () => runtime.execSync({ containerId, cmd: ['/bin/true'], timeout: 10n }));
  return timings;
}

export async function podDown({ runtime }: CriClient, { podSandboxId, containerId }: Pod): Promise<Timings> {
  const timings: Record<string, number> = {};
  await timed(timings, 'StopContainer', () => runtime.stopContainer({ containerId, timeout: 10n }));
  await timed(timings, 'RemoveContainer', () => runtime.removeContainer({ containerId }));
  await timed(timings, 'StopPodSandbox', () => runtime.stopPodSandbox({ podSandboxId }));
  await timed(timings, 'RemovePodSandbox', () => runtime.removePodSandbox({ podSandboxId }));
  return timings;
}

export function sum(timings: Timings, ...names: readonly string[]): number {
  return names.reduce((total, name) => total + (timings[name] ?? Number.NaN), 0);
}

async function timed<T>(timings: Record<string, number>, name: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  timings[name] = performance.now() - begun;
  return result;
}
