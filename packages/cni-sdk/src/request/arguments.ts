/** What a runtime passes in environment variables, checked against the rules of the specification. */
import { CniError, cniErrorCode } from '../errors.js';

/** Keys that runtimes add for everybody. */
const ownKeys = ['IgnoreUnknown'];

/**
 * `CNI_ARGS`: `KEY=VALUE` pairs between semicolons, the older way of runtimes to pass a pod's name.
 *
 * @throws CniError 4 for text that is no list of pairs.
 */
export function parseArguments(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of text.split(';')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new CniError(cniErrorCode.invalidEnvironment, `CNI_ARGS has '${pair}', which is no KEY=VALUE`);
    }
    found.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return found;
}

/** Refuses keys that a plugin does not know, unless `IgnoreUnknown` allows them. @param known - the keys it reads. */
export function checkArguments(values: ReadonlyMap<string, string>, known: readonly string[]): void {
  if (['1', 't', 'true'].includes(values.get('IgnoreUnknown')?.toLowerCase() ?? '')) return;
  const unknown = [...values.keys()].filter((key) => !known.includes(key) && !ownKeys.includes(key));
  if (unknown.length === 0) return;
  throw new CniError(
    cniErrorCode.invalidEnvironment,
    `CNI_ARGS has the unknown key(s) ${unknown.join(', ')}`,
    'add IgnoreUnknown=1 to let them pass',
  );
}
