import { expect, it } from 'vitest';
import { table } from './table.js';

it('aligns columns, and leaves no blanks at the ends of lines', () => {
  expect(
    table([
      ['NAME', 'WHY'],
      ['a', ''],
      ['longer', 'so'],
    ]),
  ).toBe('NAME    WHY\na\nlonger  so\n');
});
