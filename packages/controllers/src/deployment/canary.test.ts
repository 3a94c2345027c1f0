import type { Deployment } from '@kubewright/api/apps/v1';
import { describe, expect, it } from 'vitest';
import { SimulatedRollout } from '../testing/simulated-rollout.js';
import { rolloutStep } from './deployment-plan.js';
import type { RolloutStep } from './deployment-plan.js';
import { specReplicas } from './replica-sets.js';

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
});

/** Holds a rollout at one new pod until the Deployment is annotated. */
const canary: RolloutStep = (snapshot, sets) => {
  const approved = snapshot.deployment.metadata.annotations?.['canary'] === 'approved';
  const isHeld = !approved && sets.old.some((set) => specReplicas(set) > 0) && sets.current !== undefined;
  return isHeld ? [] : rolloutStep(snapshot, sets);
};

describe('a rollout step of one’s own', () => {
  it('holds a rollout and lets it go on', () => {
    const deployment: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 1 },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: 'web' } },
        template: template('v1'),
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    };
    const run = new SimulatedRollout(deployment, canary);
    run.settle();
    deployment.spec = { selector: {}, ...deployment.spec, template: template('v2') };
    deployment.metadata.generation = 2;
    run.settle();
    expect(run.specReplicas).toEqual([4, 1]);
    deployment.metadata.annotations = { ...deployment.metadata.annotations, canary: 'approved' };
    run.settle();
    expect(run.specReplicas).toEqual([0, 4]);
  });
});
