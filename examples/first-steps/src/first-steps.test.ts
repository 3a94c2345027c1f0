import { expect, it } from 'vitest';

it('the machinery of the API selects, compares and owns', async () => {
  const { bytes, isControlled, isNewer, selected } = await import('./api.js');
  expect({ bytes, isControlled, isNewer, selected }).toEqual({
    bytes: 1_610_612_736n,
    isControlled: true,
    isNewer: true,
    selected: true,
  });
});

it('an authority signs certificates of servers and users', async () => {
  const { server, user } = await import('./pki.js');
  expect([server.certificate, user.certificate]).toEqual(Array(2).fill(expect.stringContaining('BEGIN CERTIFICATE')));
});

it('a node says what became of a Pod', async () => {
  const { statusAt } = await import('./node.js');
  const pod = { apiVersion: 'v1' as const, kind: 'Pod' as const, metadata: { name: 'web' }, spec: { containers: [] } };
  expect(statusAt(pod, 0).hostIP).toBe('192.0.2.1');
});

it('a Deployment comes up in a cluster of its own', async () => {
  const { readyReplicas } = await import('./cluster.js');
  expect(await readyReplicas()).toBe(2);
});
