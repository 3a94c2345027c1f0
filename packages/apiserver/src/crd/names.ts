import type { Definition, DefinitionNames } from './definition.js';

/** Names that are taken in a group, by definitions that came first or by built-in resources. */
export interface TakenNames {
  /** Plurals, singulars and short names: what the path and kubectl may say. */
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

export interface NameDecision {
  readonly accepted: DefinitionNames;
  /** Undefined where all names were free. */
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
}

const none: DefinitionNames = { plural: '', singular: '', kind: '', listKind: '', shortNames: [], categories: [] };

/** Which of a definition's names it gets. Plural and kind are what it is served by: without them it is not served. */
export function decideNames({ names }: Definition, taken: TakenNames): NameDecision {
  const conflicts: { reason: string; message: string }[] = [];
  const free = (value: string, set: ReadonlySet<string>, reason: string): boolean => {
    if (value === '' || !set.has(value)) return true;
    conflicts.push({ reason, message: `${JSON.stringify(value)} is already in use` });
    return false;
  };
  const accepted = {
    plural: free(names.plural, taken.resources, 'PluralConflict') ? names.plural : none.plural,
    singular: free(names.singular, taken.resources, 'SingularConflict') ? names.singular : none.singular,
    shortNames: names.shortNames.every((short) => free(short, taken.resources, 'ShortNamesConflict'))
      ? names.shortNames
      : [],
    kind: free(names.kind, taken.kinds, 'KindConflict') ? names.kind : none.kind,
    listKind: free(names.listKind, taken.kinds, 'ListKindConflict') ? names.listKind : none.listKind,
    categories: names.categories,
  };
  return { accepted, conflict: conflicts[0] };
}
