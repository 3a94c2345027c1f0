import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorCode, hasCode } from './error-code.js';
import { messageOf } from './message-of.js';

it('reads the code of a system call that failed', () => {
  let error: unknown;
  try {
    readFileSync('/nowhere/at/all');
  } catch (cause) {
    error = cause;
  }
  expect(errorCode(error)).toBe('ENOENT');
  expect([hasCode(error, 'EEXIST', 'ENOENT'), hasCode(error, 'EEXIST')]).toEqual([true, false]);
  expect(messageOf(error)).toMatch(/^ENOENT: no such file/);
});

it.each([undefined, null, 'ENOENT', new Error('ENOENT'), { code: 2 }])('finds none in %o', (thrown) => {
  expect(errorCode(thrown)).toBeUndefined();
  expect(hasCode(thrown, 'ENOENT')).toBe(false);
});

it.each([
  [new Error('full'), 'full'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('says %o as %s', (thrown, message) => expect(messageOf(thrown)).toBe(message));
