/**
 * The door to the C library. Everything else of the package goes through `libc()`, so importing the package loads no
 * native code; the first call does. Neighbours give each call its meaning (netlink, namespaces, mounts); this folder
 * knows only signatures and errno.
 *
 * A call is made either synchronously, for what the kernel answers at once (socket, setns, mknod), or on a thread of the
 * libuv pool, for what may wait (netlink changes wait for the routing lock and for RCU, mount may wait for a server).
 */
import { constants } from 'node:os';

/** Numbers that have two names or none in Node: the name that the manual pages of Linux use. */
const preferred: Readonly<Record<number, string>> = { 11: 'EAGAIN', 85: 'ERESTART', 95: 'EOPNOTSUPP', 524: 'ENOTSUPP' };

/** Names that share a number: the first counts. */
const names = new Map(
  Object.entries(constants.errno)
    .map(([name, number]) => [number, name] as const)
    .toReversed(),
);

const numbers: ReadonlyMap<string, number> = new Map(Object.entries(constants.errno));

/** The name of an errno value, such as `ENOENT` for 2; `errno 1234` where it has none. */
export function errnoName(errno: number): string {
  return preferred[errno] ?? names.get(errno) ?? `errno ${errno}`;
}

/** The number of an errno name; undefined where this system has none of that name. */
export function errnoNumber(name: string): number | undefined {
  return numbers.get(name);
}
