/** What is the same of classes of snapshots and of groups of them. */
export interface ReadonlyClass {
  readonly metadata: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly driver: string;
}

/**
 * Of a driver's classes the one that is named, otherwise its default. Of two defaults neither is taken, as upstream: which one
 * came first would decide how a snapshot is made, and whether it goes with its VolumeSnapshot.
 *
 * @param defaultMark - the annotation that a default has as `true`.
 */
export function classFor<T extends ReadonlyClass>(
  all: readonly T[],
  driver: string,
  name: string | undefined,
  defaultMark: string,
): T | undefined {
  const classes = all.filter((one) => one.driver === driver);
  if (name !== undefined) return classes.find(({ metadata }) => metadata.name === name);
  const [found, ...others] = classes.filter(({ metadata }) => metadata.annotations?.[defaultMark] === 'true');
  return others.length === 0 ? found : undefined;
}
