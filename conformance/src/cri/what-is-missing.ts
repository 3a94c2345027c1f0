import { access } from 'node:fs/promises';
import { machinePrograms } from './images/stand-in-images.js';

/** What the suites need on the machine beside their judges, for `--help`. */
export const machineNeeds: readonly string[] = [
  'root',
  'Debian packages crun, conmon and util-linux',
  `Debian packages ${[...new Set(Object.values(machinePrograms))].join(', ')} for the images`,
];

/** Why a suite cannot run; undefined if it can. @param variable - names the judge's path. */
export async function whatIsMissing(
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const program = environment[variable] ?? '';
  if (program === '') return `${variable} is not set: give it the path of the judge`;
  if (!(await isThere(program))) return `${variable} names '${program}', which is not there`;
  if (process.getuid?.() !== 0) return 'it makes namespaces and mounts, for which it has to be root';
  for (const [path, debianPackage] of Object.entries(machinePrograms)) {
    if (!(await isThere(path))) return `'${path}' is missing: on Debian, run 'apt-get install ${debianPackage}'`;
  }
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
