import { Code, GrpcStatusError } from '@kubewright/grpc';

/** The ids that a word stands for: itself where it is one, otherwise all that begin with it, as people type them. */
export function idsOf(word: string, ids: readonly string[]): readonly string[] {
  if (ids.includes(word)) return [word];
  return /^[0-9a-f]+$/.test(word) ? ids.filter((id) => id.startsWith(word)) : [];
}

/**
 * The one id that a word stands for; undefined where there is none.
 *
 * @throws INVALID_ARGUMENT where it could be several: a guess could end or change what is not meant.
 */
export function oneId(word: string, ids: readonly string[]): string | undefined {
  const [found, ...others] = idsOf(word, ids);
  if (others.length === 0) return found;
  throw new GrpcStatusError(
    Code.INVALID_ARGUMENT,
    `'${word}' begins ${others.length + 1} ids: give more of its digits`,
  );
}
