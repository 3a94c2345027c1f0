import type { ObjectMeta } from '@kubewright/api/meta/v1';
import { describe, expect, it } from 'vitest';
import { AbsentOwners } from './absent-owners.js';
import type { ObjectIdentity } from './object-identity.js';
import { OwnerGraph } from './owner-graph.js';
import type { GraphChanges } from './owner-graph.js';

const identity = (name: string, more: Partial<ObjectIdentity> = {}): ObjectIdentity => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  namespace: 'a',
  uid: name,
  ...more,
});
const owner = (name: string, blockOwnerDeletion = false, more: Partial<ObjectIdentity> = {}) => {
  const { apiVersion, kind, uid } = identity(name, more);
  return { apiVersion, kind, name, uid, blockOwnerDeletion };
};
const owned = (...names: string[]): ObjectMeta => ({ ownerReferences: names.map((name) => owner(name)) });
const deleting = (finalizer: string, more: ObjectMeta = {}): ObjectMeta => ({
  ...more,
  deletionTimestamp: '2026-01-01T00:00:00Z',
  finalizers: [finalizer],
});
const collected = ({ collect }: GraphChanges): string[] => [...collect].map((node) => node.identity.name);
const orphaned = ({ orphan }: GraphChanges): string[] => [...orphan].map((node) => node.identity.name);

describe('OwnerGraph', () => {
  it('looks for an owner that it has not seen, once', () => {
    const graph = new OwnerGraph();
    expect(collected(graph.observe(identity('child'), owned('parent')))).toEqual(['parent']);
    expect(collected(graph.observe(identity('child2'), owned('parent')))).toEqual([]);
    expect(graph.get('parent')?.isVirtual).toBe(true);
    expect(collected(graph.observe(identity('parent'), {}))).toEqual([]);
    expect(graph.get('parent')?.isVirtual).toBe(false);
    expect(graph.get('parent')?.dependents.size).toBe(2);
  });

  it('looks at the dependents of what is gone, and remembers that it is', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent'), {});
    graph.observe(identity('child'), owned('parent'));
    expect(collected(graph.remove('parent'))).toEqual(['child']);
    expect(graph.absentOwners.has(identity('parent'))).toBe(true);
    expect(collected(graph.remove('parent'))).toEqual([]);
    graph.remove('child');
    expect(graph.size).toBe(0);
  });

  it('looks at the dependents of an owner that never was', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('child'), owned('parent'));
    expect(collected(graph.markAbsent('parent'))).toEqual(['child']);
    expect(graph.get('parent')).toBeUndefined();
  });

  it('looks for an owner under each of the ways in which it is named', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('child'), { ownerReferences: [{ ...owner('parent'), name: 'wrong' }] });
    graph.observe(identity('child2'), owned('parent'));
    expect(graph.get('parent')?.identity.name).toBe('wrong');
    expect(collected(graph.markAbsent('parent'))).toEqual(['child', 'parent']);
    expect(graph.get('parent')?.identity.name).toBe('parent');
    expect(collected(graph.markAbsent('parent'))).toEqual(['child2']);
  });

  it('refuses an owner in another namespace', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent', { namespace: 'b' }), {});
    const changes = graph.observe(identity('child'), owned('parent'));
    expect(collected(changes)).toEqual(['child']);
    expect(changes.misplaced.map(({ dependent }) => dependent.identity.name)).toEqual(['child']);
  });

  it('finds a misplaced reference when the owner appears after its dependent', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('child'), owned('parent'));
    const changes = graph.observe(identity('parent', { namespace: 'b' }), {});
    expect(collected(changes)).toEqual(['child']);
    expect(changes.misplaced).toHaveLength(1);
  });

  it('lets a cluster-scoped owner have dependents anywhere', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent', { namespace: undefined }), {});
    const changes = graph.observe(identity('child'), owned('parent'));
    expect([collected(changes), changes.misplaced]).toEqual([[], []]);
  });

  it('pushes the dependents of a foreground deletion, and looks at the owner as each goes', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent'), {});
    graph.observe(identity('child'), { ownerReferences: [owner('parent', true)] });
    expect(collected(graph.observe(identity('parent'), deleting('foregroundDeletion')))).toEqual(['parent', 'child']);
    expect(collected(graph.observe(identity('parent'), deleting('foregroundDeletion')))).toEqual([]);
    expect(collected(graph.observe(identity('late'), owned('parent')))).toEqual(['late']);
    expect(collected(graph.remove('child'))).toEqual(['parent']);
  });

  it('looks at a waiting owner that a dependent no longer blocks', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent'), {});
    graph.observe(identity('child'), { ownerReferences: [owner('parent', true)] });
    graph.observe(identity('parent'), deleting('foregroundDeletion'));
    expect(collected(graph.observe(identity('child'), { ownerReferences: [owner('parent', false)] }))).toEqual([
      'parent',
    ]);
    expect(graph.get('parent')?.dependents.size).toBe(1);
  });

  it('orphans once', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent'), {});
    expect(orphaned(graph.observe(identity('parent'), deleting('orphan')))).toEqual(['parent']);
    expect(orphaned(graph.observe(identity('parent'), deleting('orphan')))).toEqual([]);
  });

  it('follows references that are taken off', () => {
    const graph = new OwnerGraph();
    graph.observe(identity('parent'), {});
    graph.observe(identity('child'), owned('parent'));
    graph.observe(identity('child'), {});
    expect(collected(graph.remove('parent'))).toEqual([]);
  });
});

describe('AbsentOwners', () => {
  it('keeps the 500 that were asked for last', () => {
    const absent = new AbsentOwners();
    for (let n = 0; n < 500; n++) absent.add(identity(`o${n}`));
    expect(absent.has(identity('o0'))).toBe(true);
    absent.add(identity('new'));
    expect(absent.has(identity('o0'))).toBe(true);
    expect(absent.has(identity('o1'))).toBe(false);
  });
});
