import type { KubeObject } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { condition } from './condition.js';
import { nextStatus } from './next-status.js';

const now = Date.UTC(2026, 0, 2);
const site = (status?: object): KubeObject => {
  const object = {
    apiVersion: 'x/v1',
    kind: 'Site',
    metadata: { name: 'a', generation: 3 },
    ...(status && { status }),
  };
  return object;
};

describe('nextStatus', () => {
  it('writes fields, the generation, and conditions with the time of their change', () => {
    expect(nextStatus(site(), { ready: 1 }, [condition('Ready', true, 'Serving')], now, 3)).toEqual({
      ready: 1,
      observedGeneration: 3,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Serving',
          message: '',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-02T00:00:00Z',
        },
      ],
    });
  });

  it('writes nothing when nothing changes', () => {
    const next = nextStatus(site(), { ready: 1 }, [condition('Ready', true, 'Serving')], now, 3);
    expect(
      nextStatus(site(next), { ready: 1 }, [condition('Ready', true, 'Serving')], now + 60_000, 3),
    ).toBeUndefined();
    expect(nextStatus(site(next), {}, [], now + 60_000, 3)).toBeUndefined();
  });

  it('keeps what a condition has beyond its own fields', () => {
    const old = {
      ...condition('Ready', true, 'Serving'),
      lastProbeTime: null,
      lastTransitionTime: '2025-01-01T00:00:00Z',
    };
    expect(
      nextStatus(site({ conditions: [old] }), {}, [condition('Ready', true, 'Serving')], now, undefined),
    ).toBeUndefined();
  });

  it('keeps other conditions, and the transition time while the status stays', () => {
    const old = [
      { type: 'Other', status: 'True', reason: 'R', message: '', lastTransitionTime: '2025-01-01T00:00:00Z' },
      { type: 'Ready', status: 'True', reason: 'Serving', message: '', lastTransitionTime: '2025-01-01T00:00:00Z' },
    ];
    const next = nextStatus(site({ conditions: old }), {}, [condition('Ready', true, 'ServingAgain')], now, 3);
    expect(next?.['conditions']).toMatchObject([
      old[0],
      { type: 'Ready', reason: 'ServingAgain', lastTransitionTime: '2025-01-01T00:00:00Z' },
    ]);
    const changed = nextStatus(site({ conditions: old }), {}, [condition('Ready', undefined, 'Lost')], now, 3);
    expect(changed?.['conditions']).toMatchObject([
      old[0],
      { status: 'Unknown', lastTransitionTime: '2026-01-02T00:00:00Z' },
    ]);
  });
});
