import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { idsOf, oneId } from './short-ids.js';

const ids = ['ab12', 'ab34', 'ab'];

describe('short ids', () => {
  it('stand for the one id that begins so, and a whole id for itself', () => {
    expect([oneId('ab1', ids), oneId('ab', ids), oneId('c', ids), oneId('', ids), oneId('.*', ids)]).toEqual([
      'ab12',
      'ab',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are refused where they could be several', () => {
    expect(() => oneId('a', ids)).toThrow(expect.objectContaining({ status: Code.INVALID_ARGUMENT }));
    expect(idsOf('a', ids)).toEqual(ids);
  });
});
