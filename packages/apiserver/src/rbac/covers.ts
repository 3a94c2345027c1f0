/** How the words of one list of a rule cover a word that is asked for. */

export function covers(granted: readonly string[] | undefined, asked: string): boolean {
  return granted !== undefined && (granted.includes('*') || granted.includes(asked));
}

/**
 * `deployments/scale` is covered by itself, by `*`, and by `*\/scale`.
 *
 * @param asked - the resource, with everything after its first slash as the subresource.
 */
export function coversResource(granted: readonly string[] | undefined, asked: string): boolean {
  if (granted === undefined) return false;
  const slash = asked.indexOf('/');
  return covers(granted, asked) || (slash >= 0 && granted.includes(`*${asked.slice(slash)}`));
}

/** A path is covered by itself and by a beginning that ends with `*`. */
export function coversPath(granted: readonly string[] | undefined, asked: string): boolean {
  return (granted ?? []).some(
    (url) => url === asked || (url.endsWith('*') && asked.startsWith(url.replace(/\*+$/, ''))),
  );
}
