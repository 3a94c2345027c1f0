import { constants } from 'node:os';

/** Numbers that have two names or none in Node: the name that the manual pages of Linux use. */
const preferred: Readonly<Record<number, string>> = { 11: 'EAGAIN', 85: 'ERESTART', 95: 'EOPNOTSUPP', 524: 'ENOTSUPP' };

/** The name of an errno value, such as `ENOENT` for 2; `errno 1234` where it has none. */
export function errnoName(errno: number): string {
  if (!Number.isInteger(errno) || errno <= 0) return `errno ${errno}`;
  const known = Object.entries(constants.errno).find(([, value]) => value === errno);
  return preferred[errno] ?? known?.[0] ?? `errno ${errno}`;
}

/** The number of an errno name; undefined where this system has none of that name. */
export function errnoNumber(name: string): number | undefined {
  return (constants.errno as Readonly<Record<string, number>>)[name];
}
