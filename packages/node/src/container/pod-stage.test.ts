import type { ContainerStatus, Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { stageOf } from './pod-stage.js';

describe('stageOf', () => {
  const at = '2026-01-01T00:00:05Z';
  const since = Date.parse(at);
  const podWith = (status: Partial<ContainerStatus>): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    status: {
      startTime: at,
      containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 2, ...status }],
    },
  });

  const fresh: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {} };

  it.each([
    ['running', podWith({ state: { running: { startedAt: at } } }), { stage: { name: 'running', restarts: 2 }, since }],
    [
      'ended',
      podWith({ state: { terminated: { exitCode: 3, finishedAt: at } } }),
      { stage: { name: 'ended', restarts: 2, exitCode: 3 }, since },
    ],
    [
      'backing off',
      podWith({ state: { waiting: {} }, lastState: { terminated: { exitCode: 1, finishedAt: at } } }),
      { stage: { name: 'backing-off', restarts: 2, exitCode: 1 }, since },
    ],
    ['waiting', podWith({ state: { waiting: {} } }), { stage: { name: 'waiting' }, since }],
    ['new', fresh, { stage: { name: 'waiting' }, since: undefined }],
  ])('reads a pod that is %s', (_name, pod, expected) => expect(stageOf(pod)).toEqual(expected));
});
