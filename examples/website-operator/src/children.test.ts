import { describe, expect, it } from 'vitest';
import { deploymentFor, serviceFor } from './children.js';
import { describeChange } from './demo/describe-change.js';
import type { Website } from './website.js';

const site: Website = {
  apiVersion: 'web.example.com/v1',
  kind: 'Website',
  metadata: { name: 'blog', namespace: 'default', uid: 'u' },
  spec: { repository: 'https://git.example.com/jane/blog.git', replicas: 2 },
};

describe('the children of a website', () => {
  it('run its replicas, from its repository, and are found by its Service', () => {
    const { spec } = deploymentFor(site);
    expect(spec?.replicas).toBe(2);
    expect(spec?.template.spec?.initContainers?.[0]?.args).toEqual([
      'clone',
      'https://git.example.com/jane/blog.git',
      '/content',
    ]);
    expect(serviceFor(site).spec?.selector).toEqual(spec?.template.metadata?.labels);
    expect(spec?.selector.matchLabels).toEqual(spec?.template.metadata?.labels);
  });
});

describe('describeChange', () => {
  const at = (metadata: object, readyReplicas = 0): Website => ({
    ...site,
    metadata: { ...site.metadata, ...metadata },
    status: { readyReplicas },
  });

  it.each<[string, Website, Website | undefined, string | undefined]>([
    ['ADDED', at({}), undefined, 'appears: wants 2, has 0 ready'],
    ['MODIFIED', at({}, 1), at({}), 'wants 2, has 1 ready'],
    ['MODIFIED', at({ labels: { a: 'b' } }), at({}), undefined],
    ['MODIFIED', at({ finalizers: ['x/y'] }), at({}), 'is held by x/y'],
    [
      'MODIFIED',
      at({ finalizers: ['x/y'], deletionTimestamp: 't' }),
      at({ finalizers: ['x/y'] }),
      'is to go, after x/y',
    ],
    [
      'MODIFIED',
      at({ deletionTimestamp: 't' }),
      at({ finalizers: ['x/y'], deletionTimestamp: 't' }),
      'released by x/y',
    ],
    ['DELETED', at({}), at({}), 'is gone'],
  ])('%s', (type, object, before, line) => {
    expect(describeChange(type, object, before)).toBe(line);
  });
});
