import type { Deployment, DeploymentSpec } from '@kubewright/api/apps/v1';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { planDeployment } from './deployment-plan.js';
import { fencepostsOf, resolveFenceposts } from './fenceposts.js';
import { SimulatedRollout } from '../testing/simulated-rollout.js';

const template = (image: string): DeploymentSpec['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
});

function rollout(spec: Partial<DeploymentSpec> = {}): SimulatedRollout {
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 1, annotations: { team: 'a' } },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('v1'), ...spec },
  };
  return new SimulatedRollout(deployment);
}

function setImage(run: SimulatedRollout, image: string): void {
  run.deployment.spec = { selector: {}, ...run.deployment.spec, template: template(image) };
  run.deployment.metadata.generation = (run.deployment.metadata.generation ?? 0) + 1;
}

const progressing = (run: SimulatedRollout): string | undefined =>
  run.deployment.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;

describe('fenceposts', () => {
  it.each([
    ['25%', '25%', 10, { surge: 3, unavailable: 2 }],
    ['0%', '0%', 10, { surge: 0, unavailable: 1 }],
    [1, 0, 10, { surge: 1, unavailable: 0 }],
    ['100%', '50%', 3, { surge: 3, unavailable: 1 }],
  ])('surge %s, unavailable %s of %d', (surge, unavailable, replicas, expected) => {
    expect(resolveFenceposts(surge, unavailable, replicas)).toEqual(expected);
  });

  it('never lets more be missing than are wanted', () => {
    expect(
      fencepostsOf(rollout({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 5 } } }).deployment).unavailable,
    ).toBe(2);
  });
});

describe('planDeployment', () => {
  it('makes a ReplicaSet named by the template, with the selector and labels that keep its pods apart', () => {
    const run = rollout();
    expect(run.step()).toEqual(['createReplicaSet']);
    const [set] = run.replicaSets;
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.spec?.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set?.spec?.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set?.metadata.annotations).toEqual({
      team: 'a',
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(set?.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'Deployment',
      name: 'web',
      uid: 'd',
      controller: true,
      blockOwnerDeletion: true,
    });
  });

  it('comes to rest complete, and then writes nothing', () => {
    const run = rollout();
    run.settle();
    expect(run.deployment.status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 0,
    });
    expect(progressing(run)).toBe('NewReplicaSetAvailable');
    const status = JSON.stringify(run.deployment.status);
    expect(run.step()).toEqual([]);
    expect(JSON.stringify(run.deployment.status)).toBe(status);
  });

  it('rolls a new template out and keeps the old ReplicaSet as history', () => {
    const run = rollout();
    run.settle();
    setImage(run, 'v2');
    run.settle();
    expect(run.specReplicas).toEqual([0, 3]);
    expect(run.replicaSets[1]?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(run.deployment.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('takes an old ReplicaSet up again when its template returns, as a new revision with history', () => {
    const run = rollout();
    run.settle();
    setImage(run, 'v2');
    run.settle();
    setImage(run, 'v1');
    run.settle();
    expect(run.specReplicas).toEqual([3, 0]);
    expect(run.replicaSets[0]?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('stops a rollout whose pods never become ready at the fenceposts, and reports the missed deadline', () => {
    const run = rollout({
      replicas: 4,
      progressDeadlineSeconds: 60,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    run.settle();
    setImage(run, 'broken');
    for (let round = 0; round < 20; round++) {
      run.step();
      run.settlePods((set, replicas) => (set === run.replicaSets[0] ? replicas : 0));
    }
    expect(run.specReplicas).toEqual([3, 2]);
    expect(run.available).toBe(3);
    expect(progressing(run)).toBe('ReplicaSetUpdated');
    run.now += 61_000;
    run.step();
    expect(progressing(run)).toBe('ProgressDeadlineExceeded');
    expect(run.deployment.status?.conditions?.find(({ type }) => type === 'Progressing')?.message).toMatch(
      /^ReplicaSet "web-.*" has timed out progressing\.$/,
    );
  });

  it('asks to be run again when the deadline passes', () => {
    const run = rollout({ progressDeadlineSeconds: 60 });
    run.step();
    run.step();
    expect(run.lastPlan.requeueAfter).toBeGreaterThan(58_000);
    expect(run.lastPlan.requeueAfter).toBeLessThanOrEqual(61_000);
  });

  it('recreates: the new pods start only after the last old one is gone', () => {
    const run = rollout({ strategy: { type: 'Recreate' } });
    run.settle();
    setImage(run, 'v2');
    expect(run.step()).toEqual(['scale']);
    expect(run.specReplicas).toEqual([0]);
    run.settle();
    expect(run.specReplicas).toEqual([0, 3]);
  });

  it('scales while paused, but starts no revision', () => {
    const run = rollout();
    run.settle();
    run.deployment.spec = { selector: {}, ...run.deployment.spec, template: template('v2'), paused: true, replicas: 5 };
    run.settle();
    expect(run.specReplicas).toEqual([5]);
    expect(progressing(run)).toBe('DeploymentPaused');
    run.deployment.spec = { ...run.deployment.spec, paused: false };
    run.step();
    expect(progressing(run)).toBe('DeploymentResumed');
    run.settle();
    expect(run.specReplicas).toEqual([0, 5]);
  });

  it('scales a rollout under way in proportion', () => {
    const run = rollout({ replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    run.settle();
    setImage(run, 'v2');
    for (let round = 0; round < 10; round++) {
      run.step();
      run.settlePods((set, replicas) => (set === run.replicaSets[0] ? replicas : 0));
    }
    expect(run.specReplicas).toEqual([8, 5]);
    run.deployment.spec = { selector: {}, template: {}, ...run.deployment.spec, replicas: 15 };
    run.step();
    expect(run.specReplicas).toEqual([11, 7]);
  });

  it('counts revisions of 64 bits exactly, whoever wrote them', () => {
    const key = 'deployment.kubernetes.io/revision';
    const run = rollout();
    run.settle();
    const [first] = run.replicaSets;
    if (first) first.metadata.annotations = { ...first.metadata.annotations, [key]: '3546343826724305832' };
    run.settle();
    expect(run.deployment.metadata.annotations?.[key]).toBe('3546343826724305832');
    setImage(run, 'v2');
    run.settle();
    setImage(run, 'v1');
    run.settle();
    expect(run.replicaSets.map((set) => set.metadata.annotations?.[key])).toEqual([
      '3546343826724305834',
      '3546343826724305833',
    ]);
    expect(run.replicaSets[0]?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe(
      '3546343826724305832',
    );
    expect(run.deployment.metadata.annotations?.[key]).toBe('3546343826724305834');
  });

  it('goes on where a revision is the last of 64 bits or none at all', () => {
    const key = 'deployment.kubernetes.io/revision';
    for (const [text, next] of [
      ['9223372036854775807', '9223372036854775807'],
      ['9'.repeat(40), '1'],
      ['-5', '1'],
    ] as const) {
      const run = rollout();
      run.settle();
      const [first] = run.replicaSets;
      if (first) first.metadata.annotations = { ...first.metadata.annotations, [key]: text };
      setImage(run, 'v2');
      run.settle();
      expect(run.replicaSets[1]?.metadata.annotations?.[key]).toBe(next);
      expect(run.step()).toEqual([]);
    }
  });

  it('keeps the wanted number of revisions', () => {
    const run = rollout({ revisionHistoryLimit: 2 });
    for (const image of ['v1', 'v2', 'v3', 'v4', 'v5']) {
      setImage(run, image);
      run.settle();
    }
    expect(run.replicaSets.map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual([
      '3',
      '4',
      '5',
    ]);
  });

  it('rolls back to a revision, and to the one before', () => {
    const run = rollout();
    run.settle();
    setImage(run, 'v2');
    run.settle();
    run.deployment.metadata.annotations = {
      ...run.deployment.metadata.annotations,
      'deprecated.deployment.rollback.to': '0',
    };
    expect(run.step()).toEqual(['rollback']);
    expect(run.deployment.spec?.template.spec?.containers[0]?.image).toBe('v1');
    expect(run.deployment.spec?.template.metadata?.labels).toEqual({ app: 'web' });
    expect(run.deployment.metadata.annotations).toEqual({ team: 'a' });
  });

  it('drops a rollback to a revision that is not there', () => {
    const run = rollout();
    run.settle();
    run.deployment.metadata.annotations = {
      ...run.deployment.metadata.annotations,
      'deprecated.deployment.rollback.to': '7',
    };
    expect(run.step()).toEqual(['dropRollback']);
  });

  it('writes only the status of a Deployment that is being deleted', () => {
    const run = rollout();
    run.settle();
    run.deployment.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    setImage(run, 'v2');
    expect(run.step()).toEqual([]);
  });

  it('names the failure that the new ReplicaSet reports, and its own when it could not be created', () => {
    const run = rollout();
    run.step();
    const set = run.replicaSets[0];
    if (set)
      set.status = {
        replicas: 0,
        conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }],
      };
    run.step();
    expect(run.deployment.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')).toMatchObject({
      reason: 'FailedCreate',
      message: 'quota',
    });
    const plan = planDeployment({
      deployment: run.deployment,
      replicaSets: run.replicaSets,
      oldPodsRun: false,
      createError: 'denied',
      now: run.now,
    });
    const status = plan.actions.find((action) => action.do === 'updateStatus')?.status;
    expect(status?.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ReplicaSetCreateError',
      message: 'denied',
    });
  });

  it('holds the fenceposts in any rollout, and always finishes', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = new SeededRandom(seed);
      const pick = (limit: number): number => Math.floor(random.next() * limit);
      const replicas = 1 + pick(12);
      const run = rollout({ replicas, strategy: { rollingUpdate: { maxSurge: pick(4), maxUnavailable: pick(4) } } });
      run.settle();
      const { surge, unavailable } = fencepostsOf(run.deployment);
      for (let image = 2; image <= 3; image++) {
        setImage(run, `v${image}`);
        for (let round = 0; round < 6; round++) {
          run.step();
          run.settlePods((_set, wanted) => pick(wanted + 1) + (random.next() < 0.5 ? wanted : 0));
          run.step();
          expect(
            run.specReplicas.reduce((a, b) => a + b, 0),
            `seed ${seed}`,
          ).toBeLessThanOrEqual(replicas + surge);
        }
      }
      run.settlePods();
      run.settle();
      expect(
        run.specReplicas.filter((size) => size > 0),
        `seed ${seed}`,
      ).toEqual([replicas]);
      expect(run.available, `seed ${seed}`).toBeGreaterThanOrEqual(replicas - unavailable);
    }
  });
});
