import { KubewrightError } from '@kubewright/core';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../ip/address.js';
import { parseMountInfo } from '../mounts/mount-info.js';
import { listAttributes } from './attributes.js';
import { decodeAcknowledgement, decodeMessages } from './message.js';

const inputs = 10_000;

describe('parsers', () => {
  const random = new SeededRandom(11);

  it('read any bytes or refuse them by an error of the package', () => {
    let read = 0;
    for (let round = 0; round < inputs; round += 1) {
      const bytes = Buffer.from(random.bytes(16 + Math.floor(random.next() * 80)));
      if (random.next() < 0.8) bytes.writeUInt32LE(bytes.length, 0);
      if (random.next() < 0.5) bytes.writeUInt16LE(4 + Math.floor(random.next() * 8), 16 % (bytes.length - 1));
      try {
        for (const message of decodeMessages(bytes)) {
          decodeAcknowledgement(message);
          listAttributes(message.body);
          read += 1;
        }
      } catch (error) {
        expect(KubewrightError.is(error)).toBe(true);
      }
    }
    expect(read).toBeGreaterThan(0);
  });

  it('write every address as they read it', () => {
    for (let round = 0; round < inputs; round += 1) {
      const bytes = random.bytes(random.next() < 0.3 ? 4 : 16).map((byte) => (random.next() < 0.5 ? 0 : byte));
      expect(parseAddress(formatAddress(bytes))).toEqual(bytes);
    }
  });

  it('take any text for a table of mounts', () => {
    for (let round = 0; round < 1000; round += 1) parseMountInfo(Buffer.from(random.bytes(200)).toString('latin1'));
  });
});
