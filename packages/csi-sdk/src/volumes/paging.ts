import { Code, GrpcStatusError } from '@kubewright/grpc';

export interface PageRequest {
  /** 0 for all. */
  readonly maxEntries: number;
  readonly startingToken: string;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** Empty on the last page. */
  readonly nextToken: string;
}

/**
 * One page of a list whose entries carry an ascending number that is never used again. The token is the number of the
 * last entry: what is added while somebody pages is seen, and removing that entry does no harm.
 *
 * @throws GrpcStatusError ABORTED for a token that is none, by which the caller starts from the beginning
 */
export function pageOf<T>(
  sorted: readonly T[],
  numberOf: (entry: T) => number,
  { maxEntries, startingToken }: PageRequest,
): Page<T> {
  if (startingToken !== '' && !/^\d{1,15}$/.test(startingToken)) {
    throw new GrpcStatusError(Code.ABORTED, `starting_token '${startingToken}' is none of ours: list from the start`);
  }
  const after = startingToken === '' ? -1 : Number(startingToken);
  const rest = sorted.filter((entry) => numberOf(entry) > after);
  const entries = maxEntries === 0 ? rest : rest.slice(0, maxEntries);
  const last = entries.at(-1);
  return { entries, nextToken: entries.length < rest.length && last !== undefined ? String(numberOf(last)) : '' };
}
