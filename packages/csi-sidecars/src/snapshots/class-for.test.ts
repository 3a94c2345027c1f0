import { describe, expect, it } from 'vitest';
import { classFor } from './class-for.js';

const mark = 'example.com/is-default';
const made = (name: string, isDefault = '', driver = 'd') => ({
  metadata: { name, annotations: { [mark]: isDefault } },
  driver,
});

describe('classFor', () => {
  it('takes the class that is named, of this driver only', () => {
    const classes = [made('a', 'true'), made('b'), made('c', '', 'other')];
    expect(classFor(classes, 'd', 'b', mark)).toBe(classes[1]);
    expect(classFor(classes, 'd', 'c', mark)).toBeUndefined();
  });

  it('takes the one default of the driver, and of two neither, in whatever order they come', () => {
    const [a, b, other] = [made('a', 'true'), made('b', 'true'), made('c', 'true', 'other')];
    expect(classFor([made('x'), other, a], 'd', undefined, mark)).toBe(a);
    for (const classes of [
      [a, b],
      [b, a],
    ])
      expect(classFor(classes, 'd', undefined, mark)).toBeUndefined();
    expect(classFor([made('x', 'yes')], 'd', undefined, mark)).toBeUndefined();
  });
});
