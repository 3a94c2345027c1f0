import type { ClusterRole } from '@kubewright/api/rbac/v1';
import { describe, expect, it } from 'vitest';
import { aggregatedRules } from './aggregated-rules.js';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const role = (name: string, labels: Record<string, string>, ...resources: string[]): ClusterRole => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules: resources.map(rule),
});

describe('aggregatedRules', () => {
  it('joins what any of the selectors selects, by name, each rule once, itself apart', () => {
    const all: ClusterRole = {
      ...role('all', { a: 'yes' }, 'own'),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'yes' } }, { matchLabels: { b: 'yes' } }] },
    };
    const roles = [
      all,
      role('z', { b: 'yes' }, 'pods', 'nodes'),
      role('y', { a: 'yes' }, 'secrets', 'pods'),
      role('x', {}, 'events'),
    ];
    expect(aggregatedRules(all, roles)).toEqual(['secrets', 'pods', 'nodes'].map(rule));
  });

  it('takes a list that is absent and one that is empty for the same', () => {
    const all: ClusterRole = {
      ...role('all', {}),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'yes' } }] },
    };
    const written = { ...rule('pods'), resourceNames: [] };
    const roles = [role('x', { a: 'yes' }, 'pods'), { ...role('y', { a: 'yes' }), rules: [written] }];
    expect(aggregatedRules(all, roles)).toEqual([rule('pods')]);
  });
});
