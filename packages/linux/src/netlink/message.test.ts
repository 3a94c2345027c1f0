import { describe, expect, it } from 'vitest';
import { linuxErrors } from '../errors.js';
import { AttributeMap, attribute, encodeAttributes, listAttributes } from './attributes.js';
import { decodeAcknowledgement, decodeMessages, encodeMessage, isRefusal, refusal } from './message.js';
import type { NetlinkRequest } from './message.js';

const request: NetlinkRequest = {
  purpose: 'do it',
  type: 16,
  flags: 0x400,
  header: Buffer.alloc(6, 7),
  attributes: [attribute.text(3, 'lo')],
};

describe('attributes', () => {
  it('pads each value to four bytes and counts its own length', () => {
    expect(encodeAttributes([attribute.u8(1, 0xab), attribute.u16be(2, 0x1234)]).toString('hex')).toBe(
      '05000100ab0000000600020012340000',
    );
  });

  it('reads back what it wrote, nested and repeated', () => {
    const buffer = encodeAttributes([
      attribute.u32(1, 0xfffffffe),
      attribute.nest(2, [attribute.text(1, 'eth0'), attribute.u64be(2, 2n ** 40n)]),
      attribute.u16(3, 1),
      attribute.u16(3, 2),
    ]);
    const map = new AttributeMap(buffer);
    expect(map.u32(1)).toBe(0xfffffffe);
    expect(map.nest(2)?.text(1)).toBe('eth0');
    expect(map.nest(2)?.u64be(2)).toBe(2n ** 40n);
    expect(map.u16(3)).toBe(1);
    expect(listAttributes(buffer).map(({ type }) => type)).toEqual([1, 2, 3, 3]);
  });

  it('has nothing for what is absent or too short', () => {
    const map = new AttributeMap(encodeAttributes([attribute.u8(1, 1)]));
    expect([map.u32(1), map.text(9), map.nest(9)]).toEqual([undefined, undefined, undefined]);
  });

  it.each(['0300010000', 'ff00010000000000'])('refuses a length that lies: %s', (hex) => {
    expect(() => listAttributes(Buffer.from(hex, 'hex'))).toThrow(linuxErrors.NETLINK_PROTOCOL.code);
  });
});

describe('messages', () => {
  it('aligns the fixed header and says its length', () => {
    const bytes = encodeMessage(request, 9, 0x5);
    expect(bytes.readUInt32LE(0)).toBe(16 + 8 + 8);
    expect(bytes.length).toBe(32);
    expect([bytes.readUInt16LE(4), bytes.readUInt16LE(6), bytes.readUInt32LE(8)]).toEqual([16, 0x405, 9]);
  });

  it('splits several and refuses one that is cut short', () => {
    const both = Buffer.concat([encodeMessage(request, 1, 0), encodeMessage(request, 2, 0)]);
    expect(decodeMessages(both).map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(() => decodeMessages(both.subarray(0, 60))).toThrow(linuxErrors.NETLINK_PROTOCOL.code);
  });

  it('reads the code and the words of a refusal, after a capped and after a whole echo', () => {
    const words = encodeAttributes([attribute.text(1, 'No such thing')]);
    const code = Buffer.alloc(4);
    code.writeInt32LE(-22);
    const capped = Buffer.concat([code, Buffer.alloc(16), words]);
    expect(decodeAcknowledgement({ type: 2, flags: 0x300, sequence: 1, body: capped })).toEqual({
      errno: 22,
      reason: 'No such thing',
    });
    const whole = Buffer.concat([code, encodeMessage(request, 1, 0), words]);
    expect(decodeAcknowledgement({ type: 2, flags: 0x200, sequence: 1, body: whole })).toEqual({
      errno: 22,
      reason: 'No such thing',
    });
    expect(decodeAcknowledgement({ type: 2, flags: 0x100, sequence: 1, body: capped })).toEqual({ errno: 22 });
  });

  it('makes an error that tells what was asked, the errno and the words', () => {
    const error = refusal(request, { errno: 17, reason: 'taken' }, 2);
    expect(error.message).toContain('the kernel refused to do it: EEXIST, taken');
    expect(isRefusal(error, 'EEXIST')).toBe(true);
    expect(isRefusal(error, 'ENODEV')).toBe(false);
    expect(isRefusal(new Error('x'), 'EEXIST')).toBe(false);
  });
});
