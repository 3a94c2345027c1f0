import type { MutableJson } from '@kubewright/api';

/** `JSON.parse` with the type of what it returns. @throws SyntaxError */
export function parseJsonText(text: string): MutableJson {
  return JSON.parse(text) as MutableJson;
}
