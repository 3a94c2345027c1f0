import { apiVersionOf } from '@kubewright/api';
import type { GroupVersionKind, KubeObject } from '@kubewright/api';
import { isRecord } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import type { ApiRequest } from '../transport/transport.js';

/**
 * An object out of an answer. What it does not say of itself is taken for granted; a transport may ask for metadata alone.
 *
 * @throws RESPONSE_INVALID where the answer is no object, or one of another kind, as what stands between client and API server
 * sends with a status of 200.
 */
export function readObject<T extends KubeObject>(
  kind: GroupVersionKind & { readonly object?: T },
  { method, path }: ApiRequest,
  answer: unknown,
): T {
  if (!isRecord(answer) || !isRecord(answer['metadata']))
    throw informerErrors.RESPONSE_INVALID({ method, path, problem: 'it is no object with metadata' });
  const asked = `${apiVersionOf(kind)} ${kind.kind}`;
  const said = [answer['apiVersion'] ?? apiVersionOf(kind), answer['kind'] ?? kind.kind].map(textOf).join(' ');
  if (said !== asked && said !== 'meta.k8s.io/v1 PartialObjectMetadata')
    throw informerErrors.RESPONSE_INVALID({ method, path, problem: `it is a ${said.slice(0, 100)}, not a ${asked}` });
  const object: unknown = answer;
  return object as T;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '(not a text)';
}
