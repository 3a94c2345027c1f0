import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ErrorKind } from '../errors/define-errors.js';
import type { TestRunner } from './test-runner.js';

/**
 * Tests that the errors of a package and their page agree: each code has exactly one row `| CODE | meaning | what to do |`
 * with both cells filled, and the page has no row of the same area for a code that is gone.
 *
 * ```ts
 * describeErrorCodes({ describe, it }, errors, new URL('../../../../docs/errors.md', import.meta.url));
 * ```
 *
 * @param errors - what `defineErrors` returned.
 * @param page - the Markdown file that lists them.
 */
export function describeErrorCodes(
  { describe, it }: TestRunner,
  errors: Readonly<Record<string, Pick<ErrorKind<never>, 'code'>>>,
  page: URL,
): void {
  const codes = Object.values(errors).map(({ code }) => code);
  const area = `${codes[0]?.split('_').slice(0, 2).join('_')}_`;
  describe(`error codes ${area}…`, () => {
    const rows = readFileSync(page, 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .filter(([, code]) => code?.startsWith(area));

    it('are listed on the page, each once', () => {
      assert.deepEqual(sorted(rows.map(([, code]) => code ?? '')), sorted(codes));
    });
    it('are explained', () => {
      assert.deepEqual(
        rows.filter(([, , meaning, fix]) => !meaning || !fix).map(([, code]) => code),
        [],
      );
    });
  });
}

function sorted(codes: readonly string[]): string[] {
  return codes.toSorted((left, right) => (left < right ? -1 : 1));
}
