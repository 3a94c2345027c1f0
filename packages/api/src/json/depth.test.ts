import { describe, expect, it } from 'vitest';
import { exceedsDepth, maximumDepth } from './depth.js';
import type { Json } from './json.js';

const nested = (depth: number, open = '[', close = ']') =>
  JSON.parse(open.repeat(depth) + '1' + close.repeat(depth)) as Json;

describe('exceedsDepth', () => {
  it('counts the levels of lists and objects', () => {
    expect(exceedsDepth(1, 0)).toBe(false);
    expect(exceedsDepth([{ a: [1] }], 2)).toBe(false);
    expect(exceedsDepth([{ a: [[1]] }], 2)).toBe(true);
  });

  it('holds for what is far deeper than the call stack', () => {
    expect(exceedsDepth(nested(maximumDepth))).toBe(false);
    expect(exceedsDepth(nested(1_000_000))).toBe(true);
    expect(exceedsDepth(nested(100_000, '{"a":', '}'))).toBe(true);
  });
});
