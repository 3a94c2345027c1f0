import { statusErrors } from '@kubewright/api';
import type { MutableJson } from '@kubewright/api';
import { isJsonObject } from '../object/object-bytes.js';
import { parseJsonText } from '../object/parse-json.js';

/** Where a paginated list goes on. Clients treat the token as opaque. */
export interface Continuation {
  /** The revision of the first page; undefined where the rest is read from the newest state. */
  readonly revision: bigint | undefined;
  /** The first key of the next page, relative to the list's prefix. */
  readonly start: string;
}

export function encodeContinue({ revision, start }: Continuation): string {
  const token = { v: 'meta.k8s.io/v1', rv: String(revision ?? -1n), start };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws 400 for a token that this server did not make. */
export function decodeContinue(token: string): Continuation {
  let value: MutableJson;
  try {
    value = parseJsonText(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw statusErrors.badRequest('continue key is not valid: it is not a token of this server');
  }
  const { v, rv, start } = isJsonObject(value) ? value : {};
  if (v !== 'meta.k8s.io/v1' || typeof rv !== 'string' || !/^(-1|[1-9]\d{0,19})$/.test(rv) || typeof start !== 'string')
    throw statusErrors.badRequest('continue key is not valid: it is not a token of this server');
  if (BigInt.asIntN(64, BigInt(rv)) !== BigInt(rv))
    throw statusErrors.badRequest('continue key is not valid: its revision is none');
  // The start must stay below the list's prefix, whatever a client made of the token.
  if (start === '' || start.startsWith('/') || start.includes('..'))
    throw statusErrors.badRequest('continue key is not valid: it leads out of the list');
  return { revision: rv === '-1' ? undefined : BigInt(rv), start };
}
