import type { ConfigMap } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { ApplyMemory } from './apply-memory.js';

const cached: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', uid: 'u' },
  data: { a: '1', b: '2' },
};
const wanted = { metadata: { name: 'a' }, data: { a: '1' } };

describe('ApplyMemory', () => {
  it('knows an apply that changes nothing: the same fields as last time, and the cache has them', () => {
    const memory = new ApplyMemory().begin('owner');
    expect(memory.isCurrent('a', wanted, cached)).toBe(false);
    memory.remember('a', wanted);
    expect(memory.isCurrent('a', wanted, cached)).toBe(true);
  });

  const meddled: ConfigMap = { ...cached, data: { a: '9' } };

  it('does not where a field is given up, was changed by others, or the object is gone', () => {
    const memory = new ApplyMemory().begin('owner');
    memory.remember('a', wanted);
    expect(memory.isCurrent('a', { metadata: { name: 'a' } }, cached)).toBe(false);
    expect(memory.isCurrent('a', wanted, meddled)).toBe(false);
    expect(memory.isCurrent('a', wanted, undefined)).toBe(false);
    memory.forget('a');
    expect(memory.isCurrent('a', wanted, cached)).toBe(false);
  });

  it('forgets the children of an owner that is gone', () => {
    const memory = new ApplyMemory();
    for (let n = 0; n < 10_000; n++) {
      memory.begin(`owner-${n}`).remember('child', wanted);
      memory.end(`owner-${n}`);
    }
    expect(memory.size).toBe(10_000);
    for (let n = 0; n < 10_000; n++) memory.forget(`owner-${n}`);
    expect(memory.size).toBe(0);
  });

  it('forgets the children that an owner no longer applies, and none when a run fails', () => {
    const memory = new ApplyMemory();
    memory.begin('owner').remember('one', wanted);
    memory.end('owner');
    memory.begin('owner').remember('two', wanted);
    const next = memory.begin('owner');
    expect(next.isCurrent('one', wanted, cached)).toBe(true);
    memory.end('owner');
    expect(memory.size).toBe(1);
    memory.begin('owner');
    memory.end('owner');
    expect(memory.size).toBe(0);
  });

  it('keeps no content, however large the child is', () => {
    const memory = new ApplyMemory().begin('owner');
    const large = { metadata: { name: 'a' }, data: { a: 'x'.repeat(1_000_000) } };
    memory.remember('a', large);
    expect(JSON.stringify(memory)).not.toContain('xxx');
    expect(memory.isCurrent('a', large, { ...cached, data: large.data } as ConfigMap)).toBe(true);
  });
});
