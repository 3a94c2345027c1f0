import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CniError } from '@kubewright/cni-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireAllowed } from './allowlist.js';

describe('the allowlist of kernel parameters', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'allowlist-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** What becomes of the name: nothing, or the code of the refusal. */
  async function refusal(lines: string | undefined, ...names: string[]): Promise<number | undefined> {
    const file = join(directory, 'allowlist.conf');
    if (lines !== undefined) writeFileSync(file, lines);
    try {
      await requireAllowed(names, file);
      return undefined;
    } catch (error) {
      if (error instanceof CniError) return error.cniCode;
      throw error;
    }
  }

  it('allows everything where there is no file, and nothing where it is empty', async () => {
    expect(await refusal(undefined, 'net.core.somaxconn')).toBeUndefined();
    expect(await refusal('\n \n', 'net.core.somaxconn')).toBe(7);
    expect(await refusal('')).toBeUndefined();
  });

  it('finds each line anywhere in the name, and needs one for every name', async () => {
    const lines = '  ^net\\.core\\.  \nlog_[a-z]+$\n';
    expect(await refusal(lines, 'net.core.somaxconn', 'net.ipv4.conf.all.log_martians')).toBeUndefined();
    expect(await refusal(lines, 'net.core.somaxconn', 'net.ipv4.conf.all.arp_notify')).toBe(7);
  });

  it.each(['^net\\.[[:alpha:]]+\\.', '\\Anet\\.core', '(?P<all>somaxconn)\\z', '^(?i)NET'])(
    "reads %s as the reference plugin's language does",
    async (line) => {
      expect(await refusal(line, 'net.core.somaxconn')).toBeUndefined();
      expect(await refusal(line, '5')).toBe(7);
    },
  );

  it.each(['(', '(?=net)', '(a)\\1', 'a'.repeat(9000)])(
    'lets nothing pass with a line that is none: %.20s',
    async (line) => {
      expect(await refusal(`.*\n${line}\n`, 'net.core.somaxconn')).toBe(5);
    },
  );

  // Backtracking would need more steps than any test waits for.
  it.each(['^(a+)+$', '^(a|a)*$', '^(a*)*b$'])('answers for a name that %s could match in many ways', async (line) => {
    expect(await refusal(line, `${'a'.repeat(5000)}!`)).toBe(7);
  });
});
