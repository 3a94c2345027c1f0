import { ContainerState } from '@kubewright/cri-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Testbed } from './testbed.js';

/** Prints numbered lines until it is told to stop. */
export const counting = 'trap "exit 0" TERM; i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.01; done';

/** A pod that runs. */
export interface RunningPod {
  readonly podSandboxId: string;
  readonly containerId: string;
  readonly logPath: string;
}

/** Brings a pod up as a kubelet does: repeats what failed with the daemon, and replaces a container that did not come up. */
export async function podUp(bed: Testbed, script = counting): Promise<RunningPod> {
  const { daemon } = bed;
  const sandboxConfig = bed.podConfig();
  const run = () => daemon.call(({ runtime }) => runtime.runPodSandbox({ config: sandboxConfig }));
  const { podSandboxId } = await run();
  for (let attempt = 0; ; attempt++) {
    const config = bed.containerConfig(script, { metadata: { name: 'main', attempt }, logPath: `${attempt}.log` });
    const { containerId } = await daemon.call(({ runtime }) =>
      runtime.createContainer({ podSandboxId, config, sandboxConfig }),
    );
    await daemon
      .call(({ runtime }) => runtime.startContainer({ containerId }))
      // Whether an earlier daemon had started it already is looked at below.
      .catch((error: unknown) => {
        if (!GrpcStatusError.is(error) || error.status !== Code.FAILED_PRECONDITION) throw error;
      });
    const { status } = await daemon.call(({ runtime }) => runtime.containerStatus({ containerId }));
    if (status?.state === ContainerState.CONTAINER_RUNNING)
      return { podSandboxId, containerId, logPath: status.logPath };
    await daemon.call(({ runtime }) => runtime.removeContainer({ containerId }));
    if (attempt > 20) throw new Error(`the container does not come up: ${status?.reason} ${status?.message}`);
  }
}

/** Takes a pod down, each step as often as it takes. */
export async function podDown(bed: Testbed, { podSandboxId, containerId }: RunningPod): Promise<void> {
  const { daemon } = bed;
  const linux = { cpuShares: 512n };
  await daemon.call(({ runtime }) => runtime.updateContainerResources({ containerId, linux }));
  await daemon.call(({ runtime }) => runtime.stopContainer({ containerId, timeout: 5n }));
  await daemon.call(({ runtime }) => runtime.removeContainer({ containerId }));
  await daemon.call(({ runtime }) => runtime.stopPodSandbox({ podSandboxId }));
  await daemon.call(({ runtime }) => runtime.removePodSandbox({ podSandboxId }));
}
