import { constants } from 'node:os';

/** Numbers that have two names or none in Node: the name that the manual pages of Linux use. */
const preferred: Readonly<Record<number, string>> = { 11: 'EAGAIN', 85: 'ERESTART', 95: 'EOPNOTSUPP', 524: 'ENOTSUPP' };

/** Names that share a number: the first counts. */
const names = new Map(
  Object.entries(constants.errno)
    .map(([name, number]) => [number, name] as const)
    .toReversed(),
);

/** The name of an errno value, such as `ENOENT` for 2; `errno 1234` where it has none. */
export function errnoName(errno: number): string {
  return preferred[errno] ?? names.get(errno) ?? `errno ${errno}`;
}

/** The number of an errno name; undefined where this system has none of that name. */
export function errnoNumber(name: string): number | undefined {
  return (constants.errno as Readonly<Record<string, number>>)[name];
}
