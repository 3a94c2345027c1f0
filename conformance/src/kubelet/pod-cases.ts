/** What pods on a node can rely on, asked of a kubelet on our runtime. Neighbours: `static-pods` are the pods, `stream-cases` talks to them. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { expectEqual, expectSoon } from './kubelet-case.js';
import type { KubeletCase, KubeletCaseContext } from './kubelet-case.js';
import { nodeName } from './kubelet-process.js';

export const podCases: readonly KubeletCase[] = [
  {
    name: 'init containers run one after another before the app',
    run: ({ api }) => expectSoon(() => api.logs('ordered', 'app'), 'first\nsecond\n'),
  },
  {
    name: 'an HTTP probe that is answered makes a pod ready',
    run: (context) => expectSoon(() => isReady(context, 'web'), 'True'),
  },
  {
    name: 'an HTTP probe that nobody answers leaves a pod unready',
    run: async (context) => {
      await expectSoon(() => phase(context, 'unready'), 'Running');
      expectEqual(await isReady(context, 'unready'), 'False');
    },
  },
  {
    name: 'an exec probe that fails starts the container anew',
    run: (context) => expectSoon(async () => (await restarts(context, 'unwell')) > 0, true),
  },
  {
    name: 'restartPolicy Always starts a container that failed anew, and keeps the log of the one before',
    run: async (context) => {
      await expectSoon(async () => (await restarts(context, 'failing')) > 0, true);
      // The kubelet removes the one before the last meanwhile, so the first answer may be that it is gone.
      await expectSoon(() => context.api.logs('failing', 'app', 'previous=true'), 'about to fail\n');
    },
  },
  {
    name: 'restartPolicy Never leaves a failed container, with its exit code',
    run: async (context) => {
      await expectSoon(() => phase(context, 'failed'), 'Failed');
      const status = (await context.api.pod('failed'))?.status?.containerStatuses?.[0];
      expectEqual(
        [status?.restartCount, status?.state?.terminated?.exitCode, status?.state?.terminated?.reason],
        [0, 3, 'Error'],
      );
    },
  },
  {
    name: 'restartPolicy OnFailure leaves a container that succeeded',
    run: async (context) => {
      await expectSoon(() => phase(context, 'done'), 'Succeeded');
      expectEqual(await restarts(context, 'done'), 0);
    },
  },
  {
    name: 'volumes are shared between containers and with the machine, and memory is one of them',
    run: async ({ api, shared }) => {
      await expectSoon(async () => (await api.logs('volumes', 'reader')).endsWith('written\n'), true);
      expectEqual(await readFile(join(shared, 'file'), 'utf8'), 'kept\n');
    },
  },
  {
    name: 'a privileged init container sets a sysctl of the network namespace for the app',
    run: async ({ api }) => {
      await expectSoon(() => api.logs('withoutv6', 'app'), '1\n');
      expectEqual((await readFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8')).trim(), '0');
    },
  },
  {
    name: 'the summary of statistics has the pods with their use of CPU and memory',
    run: ({ api }) =>
      expectSoon(async () => {
        const { pods } = JSON.parse(await api.get('/stats/summary?only_cpu_and_memory=true')) as Summary;
        const [container] = pods.find(({ podRef }) => podRef.name === `web-${nodeName}`)?.containers ?? [];
        return (container?.cpu?.usageCoreNanoSeconds ?? 0) > 0 && (container?.memory?.workingSetBytes ?? 0) > 0;
      }, true),
  },
  {
    name: 'containers run on while the kubelet restarts',
    run: async ({ kubelet, api, cri }) => {
      const before = await webContainers(cri);
      expectEqual(before.length, 1);
      await kubelet.stop();
      await kubelet.start();
      await expectSoon(async () => (await api.pod('web'))?.status?.phase, 'Running');
      expectEqual(await webContainers(cri), before);
    },
  },
  {
    name: 'a pod whose manifest is removed runs its hooks and leaves nothing',
    run: async ({ kubelet, cri, shared }) => {
      await expectSoon(() => readFile(join(shared, 'post-start'), 'utf8'), 'started\n');
      await rm(join(kubelet.manifests, 'hooks.json'));
      await expectSoon(() => readFile(join(shared, 'pre-stop'), 'utf8'), 'stopping\n');
      await expectSoon(async () => {
        const { items } = await cri.runtime.listPodSandbox({ filter: { labelSelector: podLabels('hooks') } });
        return items.length;
      }, 0);
    },
  },
];

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string };
    readonly containers?: readonly {
      readonly cpu?: { readonly usageCoreNanoSeconds?: number };
      readonly memory?: { readonly workingSetBytes?: number };
    }[];
  }[];
}

async function webContainers(cri: KubeletCaseContext['cri']): Promise<string[]> {
  const filter = { labelSelector: podLabels('web'), state: { state: ContainerState.CONTAINER_RUNNING } };
  return (await cri.runtime.listContainers({ filter })).containers.map(({ id }) => id);
}

/** The labels by which a kubelet finds what belongs to a pod. */
function podLabels(name: string): Record<string, string> {
  return { 'io.kubernetes.pod.name': `${name}-${nodeName}` };
}

async function phase({ api }: KubeletCaseContext, pod: string): Promise<string | undefined> {
  return (await api.pod(pod))?.status?.phase;
}

async function isReady({ api }: KubeletCaseContext, pod: string): Promise<string | undefined> {
  return (await api.pod(pod))?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

async function restarts({ api }: KubeletCaseContext, pod: string): Promise<number> {
  return (await api.pod(pod))?.status?.containerStatuses?.[0]?.restartCount ?? 0;
}
