import { StatusError, statusErrors } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Client } from '@kubewright/informer';
import { FakeTransport } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { patchOf, patchSame } from './same-object.js';

const map = (uid: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', uid },
});

/** A server that holds an object of this uid, or none, and answers what a uid that differs gets on Kubernetes: 422. */
function clientOf(uid: string | undefined): Client {
  const transport = new FakeTransport(() =>
    uid === undefined
      ? { status: 404, body: statusErrors.notFound({ group: '', resource: 'configmaps' }, 'a').toStatus() }
      : { body: map(uid) },
  );
  return new Client({ transport });
}

const invalid = statusErrors.invalid({ group: '', kind: 'ConfigMap' }, 'a', [
  { field: 'metadata.uid', reason: 'FieldValueInvalid', message: 'field is immutable' },
]);

describe('a patch of just one object', () => {
  it('names its uid, and keeps what the caller says of the metadata', () => {
    expect(patchOf(map('u'), { metadata: { labels: { a: 'b' } }, data: {} }).patch).toEqual({
      metadata: { uid: 'u', labels: { a: 'b' } },
      data: {},
    });
  });

  it.each([
    ['another has its name', 'other', 'Conflict'],
    ['it is gone', undefined, 'Conflict'],
    ['it is there, so something else is invalid', 'u', 'Invalid'],
  ])('that is refused as invalid where %s', async (_, there, reason) => {
    const refused = patchSame(clientOf(there), ConfigMap, map('u'), new AbortController().signal, () =>
      Promise.reject(invalid),
    );
    const error: unknown = await refused.catch((failed: unknown) => failed);
    expect(StatusError.is(error) && error.reason).toBe(reason);
  });
});
