import { describe, expect, it } from 'vitest';
import { spdyDictionary } from './dictionary.js';

describe('the dictionary', () => {
  it('is the one of the protocol', () => {
    let [low, high] = [1, 0];
    for (const byte of spdyDictionary) {
      low = (low + byte) % 65_521;
      high = (high + low) % 65_521;
    }
    expect(spdyDictionary).toHaveLength(1_423);
    expect(((high << 16) | low) >>> 0).toBe(0xe3c6a7c2);
  });
});
