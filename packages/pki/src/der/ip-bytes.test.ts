import { describe, expect, it } from 'vitest';
import { ipBytes } from './ip-bytes.js';

describe('ipBytes', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['fd00:10:96::a', 'fd00001000960000000000000000000a'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ])('%s', (address, hex) => {
    expect(ipBytes(address).toString('hex')).toBe(hex);
  });
});
