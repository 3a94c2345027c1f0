import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { ObjectGuard } from './object-guard.js';

const pod = (metadata: object, rest: object = {}): DeepReadonly<Pod> => {
  const right = { name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '10' };
  return { apiVersion: 'v1', kind: 'Pod', ...rest, metadata: { ...right, ...metadata } };
};

function guardFor({ namespace, held }: { namespace?: string; held?: DeepReadonly<Pod> } = {}) {
  let refused = 0;
  const guard = new ObjectGuard<Pod>({
    kind: Pod,
    namespace,
    known: (key) => (key === 'shop/a' ? held : undefined),
    onRefused: () => refused++,
  });
  const refuses = (work: () => void): void => expect(work).toThrow(/KW_INFORMER_OBJECT_REFUSED/);
  return { guard, refuses, refused: () => refused };
}

describe('ObjectGuard', () => {
  it('takes what real servers send: items without a kind, without versions, with versions that cannot be compared', () => {
    const { guard } = guardFor({ held: pod({ resourceVersion: '10' }) });
    const { apiVersion: _version, kind: _kind, ...bare } = pod({});
    guard.object(bare as KubeObject as Pod);
    for (const resourceVersion of [undefined, '', 'opaque', '10', '9007199254740993'])
      guard.list([pod({ resourceVersion })], false);
    guard.object(pod({}, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }));
    guard.object(pod({ name: 'system:controller:x', namespace: undefined }));
  });

  it('takes a collection of which no object has a uid, as that of metrics.k8s.io, and no other object without one', () => {
    const { guard, refuses, refused } = guardFor();
    refuses(() => guard.object(pod({ uid: undefined })));
    refuses(() => guard.list([pod({}), pod({ name: 'b', uid: undefined })], true));
    guard.list([pod({ uid: undefined }), pod({ name: 'b', uid: '' })], true);
    guard.object(pod({ uid: undefined }));
    guard.list([pod({})], true);
    refuses(() => guard.object(pod({ uid: undefined })));
    expect(refused()).toBe(3);
  });

  it.each(['other', '', undefined])('refuses the namespace %o where another was asked for', (namespace) => {
    const { guard, refuses } = guardFor({ namespace: 'shop' });
    guard.object(pod({}));
    refuses(() => guard.object(pod({ namespace })));
  });

  it.each(['', '.', '..', 'a/b', 'a%2fb', 5, null, {}])('refuses the name %o', (name) => {
    const { guard, refuses } = guardFor();
    refuses(() => guard.object(pod({ name })));
    if (name !== '') refuses(() => guard.object(pod({ namespace: name })));
  });

  it('refuses a list that is older than the store, unless the newest state was asked for', () => {
    const held = pod({ resourceVersion: '9007199254740993' });
    const { guard, refuses } = guardFor({ held });
    const older = [pod({ resourceVersion: '9007199254740992' })];
    refuses(() => guard.list(older, false));
    guard.list(older, true);
    guard.list([pod({ uid: 'another', resourceVersion: '5' })], false);
  });
});
