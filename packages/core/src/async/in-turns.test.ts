import { expect, it } from 'vitest';
import { inTurns } from './in-turns.js';

it('lets others have a turn among many items, and takes none for a few', async () => {
  const seen: string[] = [];
  setImmediate(() => seen.push('other'));
  await inTurns([1, 2], (item) => seen.push(String(item)));
  expect(seen).toEqual(['1', '2']);
  const many = Array.from({ length: 100 }, (_, index) => String(index));
  await inTurns(many, (item) => seen.push(item));
  expect(seen.indexOf('other')).toBeLessThan(30);
  expect(seen.filter((one) => one !== 'other').slice(2)).toEqual(many);
});
