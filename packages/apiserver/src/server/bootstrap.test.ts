import { describe, expect, it } from 'vitest';
import { kubernetesServiceAddress } from '../allocation/service-allocator.js';
import { bootstrapObjects } from '../bootstrap/bootstrap-objects.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { call } from '../testing/requests.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';

describe('a new server', () => {
  it('has namespaces, roles that count, and the kubernetes Service, and keeps what is there at the next start', async () => {
    const storage = new MemoryStorage();
    const options = { storage, bootstrap: bootstrapObjects({ serviceAddress: kubernetesServiceAddress }), without: [] };
    const { server, stop } = await startTestApiServer(options);
    const admin = server.transport({ name: 'admin', groups: ['system:masters', 'system:authenticated'] });
    expect((await call(admin, 'GET', '/api/v1/namespaces')).body.items.map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    const service = await call(admin, 'GET', '/api/v1/namespaces/default/services/kubernetes');
    expect(service.body.spec.clusterIP).toBe('10.96.0.1');

    const jane = server.transport({ name: 'jane', groups: ['system:authenticated'] });
    expect((await call(jane, 'GET', '/version')).status).toBe(200);
    expect((await call(jane, 'GET', '/api/v1/namespaces/default/pods')).status).toBe(403);
    await call(admin, 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'jane' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
    });
    expect((await call(jane, 'GET', '/api/v1/namespaces/default/pods')).status).toBe(200);
    expect((await call(jane, 'GET', '/api/v1/namespaces/default/secrets')).status).toBe(403);

    // Who may write roles may not write himself more than he has.
    const editor = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] };
    const reader = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles';
    const role = (name: string, rules: object[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name },
      rules,
    });
    await call(admin, 'POST', roles, role('editor', [editor]));
    await call(admin, 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'editor' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'editor' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
    });
    expect((await call(jane, 'POST', roles, role('mine', [reader]))).status).toBe(201);
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };
    const refused = await call(jane, 'POST', roles, role('more', [secrets]));
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining('attempting to grant RBAC permissions not currently held'),
    ]);

    const before = await storage.currentRevision();
    const second = await startTestApiServer(options);
    expect(await storage.currentRevision()).toBe(before);
    await second.stop();
    await stop();
  });
});
