import type { Pod, PodSpec, PodStatus } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import type { RuntimeNames } from '../container/container-status.js';
import type { PodStage } from '../container/pod-stage.js';
import { podStatus } from './pod-status.js';

const names: RuntimeNames = {
  container: (name, restarts) => `test://${name}-${restarts}`,
  image: (image) => `test://${image}`,
};
const place = { podIp: '10.244.0.2', hostIp: '198.18.0.1', names };
const start = Date.UTC(2026, 0, 1);

function pod(spec: Partial<PodSpec> = {}, status?: PodStatus): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', uid: 'u1', generation: 3 },
    spec: { containers: [{ name: 'web', image: 'nginx' }], ...spec },
    ...(status && { status }),
  };
}

/** The status after a series of stages, each a minute after the one before. */
function through(subject: Pod, ...stages: readonly PodStage[]): PodStatus {
  return stages.reduce<PodStatus>(
    (status, stage, index) => podStatus({ ...subject, status }, stage, place, start + index * 60_000),
    {},
  );
}

const verdicts = (status: PodStatus): Record<string, string> =>
  Object.fromEntries(
    (status.conditions ?? []).map(({ type, status, reason }) => [type, reason ? `${status} ${reason}` : status]),
  );

describe('podStatus', () => {
  it('of a running pod', () => {
    const status = podStatus(pod(), { name: 'running', restarts: 0 }, place, start);
    expect(status).toMatchObject({
      phase: 'Running',
      startTime: '2026-01-01T00:00:00Z',
      podIP: '10.244.0.2',
      podIPs: [{ ip: '10.244.0.2' }],
      hostIP: '198.18.0.1',
      observedGeneration: 3,
      containerStatuses: [
        {
          name: 'web',
          image: 'nginx',
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
        },
      ],
    });
    expect(status.containerStatuses?.[0]).toMatchObject({ containerID: 'test://web-0', imageID: 'test://nginx' });
    expect(verdicts(status)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
  });

  it('of a waiting pod has no address yet', () => {
    const status = podStatus(pod(), { name: 'waiting' }, place, start);
    expect([status.phase, status.podIP, status.containerStatuses?.[0]?.state]).toEqual([
      'Pending',
      undefined,
      { waiting: { reason: 'ContainerCreating' } },
    ]);
    expect(verdicts(status)).toMatchObject({ Ready: 'False ContainersNotReady', Initialized: 'True' });
  });

  it('runs init containers to their end before the others, and sidecars beside them', () => {
    const subject = pod({
      initContainers: [
        { name: 'clone', image: 'git' },
        { name: 'proxy', image: 'envoy', restartPolicy: 'Always' },
      ],
    });
    const waiting = through(subject, { name: 'waiting' });
    expect(verdicts(waiting)).toMatchObject({ Initialized: 'False ContainersNotInitialized' });
    expect(waiting.conditions?.find(({ type }) => type === 'Initialized')?.message).toBe(
      'containers with incomplete status: [clone]',
    );
    expect(waiting.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    const running = through(subject, { name: 'waiting' }, { name: 'running', restarts: 0 });
    expect(running.initContainerStatuses).toMatchObject([
      { name: 'clone', ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      { name: 'proxy', ready: true, started: true, state: { running: {} } },
    ]);
  });

  it('keeps times until what they are about changes', () => {
    const status = through(
      pod(),
      { name: 'waiting' },
      { name: 'running', restarts: 0 },
      { name: 'running', restarts: 0 },
    );
    expect(status.startTime).toBe('2026-01-01T00:00:00Z');
    expect(status.containerStatuses?.[0]?.state).toEqual({ running: { startedAt: '2026-01-01T00:01:00Z' } });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:01:00Z');
    expect(status.conditions?.find(({ type }) => type === 'PodScheduled')?.lastTransitionTime).toBe(
      '2026-01-01T00:00:00Z',
    );
  });

  it.each([
    [0, 'Succeeded', 'PodCompleted', 'Completed'],
    [1, 'Failed', 'PodFailed', 'Error'],
  ])('of containers that ended with %i is %s', (exitCode, phase, reason, why) => {
    const status = through(pod(), { name: 'running', restarts: 0 }, { name: 'ended', restarts: 0, exitCode });
    expect(status.phase).toBe(phase);
    expect(verdicts(status)).toMatchObject({ Ready: `False ${reason}`, ContainersReady: `False ${reason}` });
    expect(status.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode,
      reason: why,
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:01:00Z',
    });
  });

  it('tells how a container ended while it backs off, and after it', () => {
    const crashed = through(pod(), { name: 'running', restarts: 0 }, { name: 'backing-off', restarts: 0, exitCode: 1 });
    const lastState = {
      terminated: { exitCode: 1, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:01:00Z' },
    };
    expect(crashed.phase).toBe('Running');
    expect(crashed.containerStatuses?.[0]).toMatchObject({
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState,
    });
    const again = podStatus({ ...pod(), status: crashed }, { name: 'running', restarts: 1 }, place, start + 120_000);
    expect(again.containerStatuses?.[0]).toMatchObject({
      ready: true,
      restartCount: 1,
      state: { running: { startedAt: '2026-01-01T00:02:00Z' } },
      lastState,
    });
    expect(again.containerStatuses?.[0]?.containerID).not.toBe(crashed.containerStatuses?.[0]?.containerID);
  });

  it('is not ready before its readiness gates are', () => {
    const gated = pod({ readinessGates: [{ conditionType: 'example.com/lb' }] });
    expect(verdicts(podStatus(gated, { name: 'running', restarts: 0 }, place, start))).toMatchObject({
      Ready: 'False ReadinessGatesNotReady',
      ContainersReady: 'True',
    });
    const open: Pod = { ...gated, status: { conditions: [{ type: 'example.com/lb', status: 'True' }] } };
    expect(verdicts(podStatus(open, { name: 'running', restarts: 0 }, place, start))).toMatchObject({ Ready: 'True' });
  });
});
