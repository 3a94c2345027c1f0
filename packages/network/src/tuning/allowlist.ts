/** The tuning plugin: kernel parameters and properties of a pod's interface, chained behind the plugin that made it. */
import { readFileSync } from 'node:fs';
import type { Pattern } from '@kubewright/api';
import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { hasCode } from '@kubewright/core';

/** Where the reference plugin looks, too. */
export const defaultAllowlist = '/etc/cni/tuning/allowlist.conf';

/**
 * Lets the machine's administrator say which kernel parameters networks may set: one regular expression per line, each to be found
 * in the name as the configuration writes it. They are read as the reference plugin reads them, in Go's dialect, and matched in
 * steps that grow with the name alone. Without the file, everything may be set.
 *
 * @throws CniError 7 that names a parameter that no line matches; 5 where a line is no regular expression.
 */
export async function requireAllowed(names: readonly string[], file: string): Promise<void> {
  const lines = names.length === 0 ? undefined : linesOf(file);
  if (lines === undefined) return;
  const allowed = await patternsOf(lines, file);
  const refused = names.find((name) => !allowed.some((one) => one.test(name)));
  if (refused === undefined) return;
  throw CniError.invalidConfig(`sysctl['${refused}']`, `is not allowed on this machine: no line of ${file} matches it`);
}

function linesOf(file: string): string[] | undefined {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What reads patterns is loaded only where there are some: a plugin without its daemon starts with every call. */
async function patternsOf(lines: readonly string[], file: string): Promise<Pattern[]> {
  const { compilePattern } = await import('@kubewright/api');
  return lines.map((line) => {
    const pattern = compilePattern(line);
    if (!(pattern instanceof Error)) return pattern;
    throw new CniError(cniErrorCode.ioFailure, `the file ${file} cannot be used`, `'${line}': ${pattern.message}`, {
      cause: pattern,
    });
  });
}
