/**
 * Programs of the machine: run without a shell, within a time, and killed with their children when that is over. Neighbours:
 * `oci` and `monitor` know the programs.
 */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeErrors } from '../errors.js';

/** Which package of Debian has a program. */
const packages: Readonly<Record<string, string>> = {
  crun: 'crun',
  runc: 'runc',
  conmon: 'conmon',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  hostname: 'hostname',
  tee: 'coreutils',
  sync: 'coreutils',
};

/**
 * Looks for programs before anything needs them. @returns their paths, in order.
 *
 * @throws MISSING_PROGRAM with how to install the first that is missing
 */
export async function findPrograms(path: string, programs: readonly string[]): Promise<string[]> {
  const directories = path.split(':');
  const paths: string[] = [];
  for (const program of programs) {
    const places = program.includes('/') ? [program] : directories.map((directory) => join(directory, program));
    const runnable = await Promise.all(places.map((place) => isRunnable(place)));
    const found = places[runnable.indexOf(true)];
    if (found === undefined) {
      const known = packages[program];
      const install =
        known === undefined ? 'install it, or correct its path' : `on Debian, run 'apt-get install ${known}'`;
      throw runtimeErrors.MISSING_PROGRAM({ program, install });
    }
    paths.push(found);
  }
  return paths;
}

async function isRunnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
