import type { MutableJson } from '@kubewright/api';
import { messageOf } from '@kubewright/core';
import { asBuffer, isJsonObject, metadataOffset } from './object-bytes.js';
import { parseJsonText } from './parse-json.js';

/** Why stored bytes are no object; undefined where they are one. */
export function objectProblem(stored: Uint8Array): string | undefined {
  let value: MutableJson;
  try {
    value = parseJsonText(asBuffer(stored).toString('utf8'));
  } catch (error) {
    return `it is no JSON (${messageOf(error).slice(0, 100)})`;
  }
  if (!isJsonObject(value) || !isJsonObject(value['metadata']) || metadataOffset(stored) < 0)
    return 'it is JSON without metadata';
  return undefined;
}
