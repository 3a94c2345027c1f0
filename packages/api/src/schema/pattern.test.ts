import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.js';

function matches(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  if (compiled instanceof Error) throw compiled;
  return compiled.test(text);
}

describe('patterns of schemas', () => {
  it.each([
    ['^(?i)(Drop)?$', 'DROP', 'drops'],
    ['((?i)a|b)', 'B', 'c'],
    ['\\pL', 'é', '1'],
    ['a\\z', 'ba', 'a\n'],
    ['a$', 'ba', 'a\n'],
    ['\\Q..\\E', 'a..', '.a'],
    ['[]a]', ']', 'b'],
    ['^\\s*$', ' \t\r\n\f', '\u00a0'],
    ['^\\s*$', '', '\v'],
    ['^\\w+$', 'aZ_9', 'é'],
    ['^.$', '\u{1f600}', '\n'],
    ['(?P<year>\\d{4})', '2026', '202'],
    ['^a{,2}$', 'a{,2}', 'aa'],
    ['[[:alpha:]-]', '-', '1'],
    ['\\x{1F600}', '\u{1f600}', '\ud83d'],
    ['^(?s).$', '\n', ''],
  ])('match as Go does: %s', (pattern, yes, no) => {
    expect([matches(pattern, yes), matches(pattern, no)]).toEqual([true, false]);
  });

  it.each([
    '(?!x)',
    '(?=x)',
    '(?<=x)y',
    '(?<!x)y',
    '(?>x)',
    '[^]',
    'a{1001}',
    'a++',
    '(a)\\1',
    '\\k<a>',
    '\\Z',
    '\\u0041',
    '\\cA',
    '(?P<a>x)(?P<a>y)',
    '\\p{Nowhere}',
    '[b-a]',
    '(',
    '*',
    'a{2,1}',
  ])('are refused where Go refuses them: %s', (pattern) => {
    expect(compilePattern(pattern)).toBeInstanceOf(Error);
  });

  it('match in time that does not depend on how often a text could match', () => {
    expect(matches('^(a+)+$', `${'a'.repeat(200_000)}!`)).toBe(false);
    expect(matches('^(\\w+\\s?)+$', `${'word '.repeat(20_000)}!`)).toBe(false);
  });

  it.each([
    ['repetitions of repetitions', '((a{1000}){1000})'],
    ['repetitions of much', `(?:${'[a-z]'.repeat(100)}){900}`],
    ['repetitions in a row', 'a{1000}'.repeat(1000)],
    ['folded ranges', `(?i)[${'a-\u{10ffff}'.repeat(1000)}]`],
    ['named classes', `[${'\\pL'.repeat(2000)}]`],
    ['length', 'a'.repeat(9000)],
    ['depth', '('.repeat(4000)],
    ['an open quotation', '\\Q'.repeat(4000)],
  ])('cannot be made to take long by %s', (_what, pattern) => {
    const compiled = compilePattern(pattern);
    if (!(compiled instanceof Error)) expect(compiled.size).toBeLessThanOrEqual(10_000);
  });

  it('measure what they repeat, and leave those in use alone', () => {
    const size = (pattern: string): number => {
      const compiled = compilePattern(pattern);
      return compiled instanceof Error ? Infinity : compiled.size;
    };
    expect(size('^(?:[a-z0-9]{1,63}\\.){0,15}$')).toBeGreaterThan(900);
    const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
    expect(size(`^${label}(\\.${label})*$`)).toBeLessThan(300);
    expect(size('^[]]{3}[^]]{3}[[:alpha:]]{3}\\]{3}$')).toBeLessThan(20);
  });
});
