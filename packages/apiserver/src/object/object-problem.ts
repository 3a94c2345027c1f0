import type { MutableJson } from '@kubewright/api';
import { messageOf } from '@kubewright/core';
import { asBuffer, isJsonObject, metadataOffset } from './object-bytes.js';

/** Why stored bytes are no object; undefined where they are one. */
export function objectProblem(stored: Uint8Array): string | undefined {
  let value: MutableJson;
  try {
    value = JSON.parse(asBuffer(stored).toString('utf8')) as MutableJson;
  } catch (error) {
    return `it is no JSON (${messageOf(error).slice(0, 100)})`;
  }
  if (!isJsonObject(value) || !isJsonObject(value['metadata']) || metadataOffset(stored) < 0)
    return 'it is JSON without metadata';
  return undefined;
}
