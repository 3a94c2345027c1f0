import { readFileSync } from 'node:fs';
import { CniError, cniErrorCode } from '@kubewright/cni-sdk';

/** Where the reference plugin looks, too. */
export const defaultAllowlist = '/etc/cni/tuning/allowlist.conf';

/**
 * Lets the machine's administrator say which kernel parameters networks may set: one regular expression per line, each to be found
 * in the name as the configuration writes it. Without the file, everything may be set.
 *
 * @throws CniError 7 that names a parameter that no line matches.
 */
export function requireAllowed(names: readonly string[], file: string): void {
  const lines = names.length === 0 ? undefined : linesOf(file);
  if (lines === undefined) return;
  const allowed = lines.map((line) => expressionOf(line, file));
  const refused = names.find((name) => !allowed.some((one) => one.test(name)));
  if (refused === undefined) return;
  throw CniError.invalidConfig(`sysctl['${refused}']`, `is not allowed on this machine: no line of ${file} matches it`);
}

function linesOf(file: string): string[] | undefined {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In the mode that refuses what means something else in other dialects, as `\A` and `[[:alpha:]]` do. */
function expressionOf(line: string, file: string): RegExp {
  try {
    return new RegExp(line, 'u');
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(cniErrorCode.ioFailure, `the file ${file} cannot be used`, problem, { cause });
  }
}
