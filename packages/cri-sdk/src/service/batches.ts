/** Entries of a list that one message of a stream carries, so that it stays far below the 16 MiB that a kubelet takes. */
const batchSize = 100;

/** The entries in batches of at least one each; nothing for an empty list. */
export function* batches<T>(entries: readonly T[] | undefined): Generator<T[]> {
  for (let start = 0; start < (entries?.length ?? 0); start += batchSize) {
    yield (entries ?? []).slice(start, start + batchSize);
  }
}
