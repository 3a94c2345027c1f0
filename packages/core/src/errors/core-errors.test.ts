import { describe, expect, it } from 'vitest';
import { describeErrorCodes } from '../testing/describe-error-codes.js';
import { coreErrors, reasonOf } from './core-errors.js';

describeErrorCodes({ describe, it }, coreErrors, new URL('../../../../docs/errors.md', import.meta.url));

describe('reasonOf', () => {
  it.each([
    [new Error('full'), 'full'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('of %o is %s', (error, reason) => expect(reasonOf(error)).toBe(reason));
});
