import { describe, expect, it } from 'vitest';
import { KubewrightError, defineErrors } from './define-errors.js';

const errors = defineErrors('TEST', {
  FULL: (d: { disk: string }) => `disk ${d.disk} is full`,
  LOST: (d: { key: string }) => `lost ${d.key}`,
});

describe('defineErrors', () => {
  it('makes errors with code, text, details and cause', () => {
    const cause = new Error('ENOSPC');
    const error = errors.FULL({ disk: 'a' }, { cause });
    expect(error).toMatchObject({
      name: 'KubewrightError',
      code: 'KW_TEST_FULL',
      message: 'disk a is full (KW_TEST_FULL)',
      details: { disk: 'a' },
      cause,
    });
  });

  it('recognises its own kind only', () => {
    const error: unknown = errors.FULL({ disk: 'a' });
    expect([
      errors.FULL.is(error),
      errors.LOST.is(error),
      errors.FULL.is(new Error('x')),
      errors.FULL.is(null),
    ]).toEqual([true, false, false, false]);
  });

  it('recognises the error of another copy of the package by its brand', () => {
    const foreign = Object.assign(new Error('x'), {
      code: 'KW_TEST_FULL',
      [Symbol.for('@kubewright/core/KubewrightError')]: true,
    });
    expect(KubewrightError.is(foreign)).toBe(true);
    expect(errors.FULL.is(foreign)).toBe(true);
  });
});
