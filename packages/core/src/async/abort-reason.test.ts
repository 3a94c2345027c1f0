import { expect, it } from 'vitest';
import { abortReason } from './abort-reason.js';

it('is the error that the signal was aborted with, and an error for any other reason', () => {
  const error = new Error('enough');
  expect(abortReason(AbortSignal.abort(error))).toBe(error);
  expect(abortReason(AbortSignal.abort()).name).toBe('AbortError');
  expect(abortReason(AbortSignal.abort('tea'))).toMatchObject({ message: 'aborted: tea', cause: 'tea' });
});
