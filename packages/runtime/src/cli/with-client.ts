import type { CommandInvocation } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import type { ContainerSchema } from '@kubewright/cri-sdk/v1';
import type { MessageShape } from '@bufbuild/protobuf';
import { runtimeErrors } from '../errors.js';
import type { addressOptions } from './options.js';

/** Connects to the runtime that a command names, for as long as `work` takes. */
export async function withClient<T>(
  { options, clock }: CommandInvocation<typeof addressOptions>,
  work: (client: CriClient) => Promise<T>,
): Promise<T> {
  using client = new CriClient({ address: options.address, clock });
  return await work(client);
}

/** The container of an id, the beginning of one, or a name. @throws CONTAINER_UNKNOWN */
export async function findContainer(
  { runtime }: CriClient,
  word: string,
): Promise<MessageShape<typeof ContainerSchema>> {
  const { containers } = await runtime.listContainers({});
  const named = containers.filter(
    ({ id, metadata }) => word !== '' && (id.startsWith(word) || metadata?.name === word),
  );
  const [found] = named;
  if (found === undefined || (named.length > 1 && found.id !== word)) {
    throw runtimeErrors.CONTAINER_UNKNOWN({ word, matches: named.length });
  }
  return found;
}

/** The words of a command line that has to have some. @throws WORDS_MISSING */
export function requireWords(words: readonly string[], what: string, least = 1): [string, ...string[]] {
  const [first, ...rest] = words;
  if (first === undefined || words.length < least) throw runtimeErrors.WORDS_MISSING({ what });
  return [first, ...rest];
}

/** Rows under their headings, in columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
