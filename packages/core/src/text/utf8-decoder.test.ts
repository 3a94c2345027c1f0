import { describe, expect, it } from 'vitest';
import { coreErrors } from '../errors/core-errors.js';
import { Utf8Decoder, decodeUtf8 } from './utf8-decoder.js';

const text = 'a\u0000é€😀\uFFFD\uFEFFz';

describe('Utf8Decoder', () => {
  it('puts characters together wherever they are cut', () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.byteLength; size++) {
      const decoder = new Utf8Decoder();
      let read = '';
      for (let at = 0; at < bytes.byteLength; at += size) read += decoder.write(bytes.subarray(at, at + size));
      decoder.end();
      expect(read).toBe(text);
    }
    expect(decodeUtf8(bytes)).toBe(text);
  });

  it.each([
    ['a stray byte', [0x61, 0xff, 0x61]],
    ['a continuation without a beginning', [0x80]],
    ['a beginning without a continuation', [0xc3, 0x28]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half a pair of surrogates', [0xed, 0xa0, 0x80]],
    ['more than Unicode has', [0xf4, 0x90, 0x80, 0x80]],
    ['half a character at the end', [0x61, 0xe2, 0x82]],
  ])('refuses %s, in one piece and byte by byte', (_what, bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(coreErrors.NOT_UTF8({}).message);
    const decoder = new Utf8Decoder();
    expect(() => {
      for (const byte of bytes) decoder.write(Uint8Array.of(byte));
      decoder.end();
    }).toThrow(coreErrors.NOT_UTF8({}).message);
  });

  it('keeps the beginning of a character when the buffer it came in is used again', () => {
    const buffer = Buffer.from('€').subarray(0, 2);
    const decoder = new Utf8Decoder();
    expect(decoder.write(buffer)).toBe('');
    buffer.fill(0);
    expect(decoder.write(Uint8Array.of(0xac))).toBe('€');
  });
});
