import { describe, expect, it } from 'vitest';
import { encodeProtobuf } from './codec.js';
import { decodeWatchEvent, encodeWatchEvent } from './watch-frame.js';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: 'c'.repeat(300) } };
const maximum = 10_000;

describe('frames of a watch', () => {
  it('begin with their length and hold the object with its envelope', () => {
    const frame = encodeWatchEvent('ADDED', object);
    expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length - 4);
    expect(Buffer.from(frame).includes(Buffer.from(encodeProtobuf(object)))).toBe(true);
    expect(encodeWatchEvent('ADDED', encodeProtobuf(object))).toEqual(frame);
    expect(decodeWatchEvent(frame, maximum)).toEqual({ event: { type: 'ADDED', object }, size: frame.length });
  });

  it('are read one after the other, as they come', () => {
    const frames = Buffer.concat(['ADDED', 'DELETED'].map((type) => encodeWatchEvent(type, object)));
    const first = decodeWatchEvent(frames, maximum);
    expect(decodeWatchEvent(frames.subarray(first?.size), maximum)?.event.type).toBe('DELETED');
    expect(decodeWatchEvent(frames.subarray(0, 3), maximum)).toBeUndefined();
    expect(decodeWatchEvent(frames.subarray(0, 20), maximum)).toBeUndefined();
  });

  it('are refused where they are too long or hold no event', () => {
    expect(() => decodeWatchEvent(Buffer.from('7fffffff', 'hex'), maximum)).toThrow('longer than 10000');
    expect(() => decodeWatchEvent(Buffer.from('00000000', 'hex'), maximum)).toThrow('no event');
  });

  it('hold a Status where the watch failed', () => {
    const status = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', reason: 'Expired', code: 410 };
    expect(decodeWatchEvent(encodeWatchEvent('ERROR', status), maximum)?.event).toEqual({
      type: 'ERROR',
      object: status,
    });
  });
});
