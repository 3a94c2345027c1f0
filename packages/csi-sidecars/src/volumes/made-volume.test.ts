import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { VolumeSchema } from '@kubewright/csi-sdk/v1';
import { wrongOf } from './made-volume.js';
import type { AskedVolume } from './made-volume.js';

const east = { zone: 'east', node: 'a' };
const asked: AskedVolume = {
  capacity: { requiredBytes: 9_007_199_254_740_993n, limitBytes: 0n },
  requirement: { requisite: [{ segments: east }], preferred: [] },
  hasSource: false,
};
const wrong = (answer: MessageInitShape<typeof VolumeSchema>, wish: Partial<AskedVolume> = {}) =>
  wrongOf(create(VolumeSchema, { volumeId: 'v', capacityBytes: 9_007_199_254_740_993n, ...answer }), {
    ...asked,
    ...wish,
  });

describe('what a driver answers to CreateVolume', () => {
  it('is taken where it is what was asked for', () => {
    expect(wrong({})).toBeUndefined();
    expect(wrong({ capacityBytes: 0n })).toBeUndefined();
    expect(wrong({ accessibleTopology: [{ segments: { zone: 'west' } }, { segments: { zone: 'east' } }] })).toBe(
      undefined,
    );
    expect(wrong({ accessibleTopology: [{ segments: { zone: 'west' } }] }, { requirement: undefined })).toBeUndefined();
  });

  it.each<[string, MessageInitShape<typeof VolumeSchema>, Partial<AskedVolume>, string]>([
    ['is smaller, by a byte that a double does not see', { capacityBytes: 9_007_199_254_740_992n }, {}, 'it has'],
    [
      'is larger than the limit',
      { capacityBytes: 11n },
      { capacity: { requiredBytes: 5n, limitBytes: 10n } },
      'at most 10',
    ],
    ['is elsewhere', { accessibleTopology: [{ segments: { zone: 'west' } }] }, {}, '"west"'],
    ['has an id that is too long', { volumeId: 'é'.repeat(65) }, {}, 'longer than 128 bytes'],
    ['has too much to say', { volumeContext: { key: 'v'.repeat(4096) } }, {}, 'larger than 4096 bytes'],
    ['does not confirm its source', {}, { hasSource: true }, 'does not say'],
  ])('is refused where it %s', (_what, answer, wish, text) => expect(wrong(answer, wish)).toContain(text));
});
