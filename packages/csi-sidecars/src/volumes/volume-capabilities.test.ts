import { describe, expect, it } from 'vitest';
import {
  ControllerServiceCapability_RPC_Type as Rpc,
  VolumeCapability_AccessMode_Mode as Mode,
} from '@kubewright/csi-sdk/v1';
import { coveringCapability, volumeCapabilities } from './volume-capabilities.js';

const [one, many, read, pod] = ['ReadWriteOnce', 'ReadWriteMany', 'ReadOnlyMany', 'ReadWriteOncePod'] as const;
const info = (isPrecise: boolean) => ({
  name: 'files.example.com',
  topology: false,
  controller: new Set(isPrecise ? [Rpc.SINGLE_NODE_MULTI_WRITER] : []),
});

describe('the capability that a volume is used with', () => {
  it.each<[string[], Mode, Mode]>([
    [[one], Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER],
    [[pod], Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_SINGLE_WRITER],
    [[read], Mode.MULTI_NODE_READER_ONLY, Mode.MULTI_NODE_READER_ONLY],
    [[many], Mode.MULTI_NODE_MULTI_WRITER, Mode.MULTI_NODE_MULTI_WRITER],
    [[one, many], Mode.MULTI_NODE_MULTI_WRITER, Mode.MULTI_NODE_MULTI_WRITER],
    [[read, many], Mode.MULTI_NODE_MULTI_WRITER, Mode.MULTI_NODE_MULTI_WRITER],
    [[one, read, many], Mode.MULTI_NODE_MULTI_WRITER, Mode.MULTI_NODE_MULTI_WRITER],
    [[one, read], Mode.MULTI_NODE_SINGLE_WRITER, Mode.MULTI_NODE_SINGLE_WRITER],
    [[one, one], Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER],
    [[one, pod], Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER],
  ])('covers %j in any order', (accessModes, coarse, precise) => {
    for (const given of [accessModes, accessModes.toReversed()]) {
      expect(coveringCapability({ accessModes: given }, info(false))?.accessMode?.mode).toBe(coarse);
      expect(coveringCapability({ accessModes: given }, info(true))?.accessMode?.mode).toBe(precise);
    }
  });

  it('is none where there are no access modes', () => {
    expect(coveringCapability({}, info(true))).toBeUndefined();
  });
});

describe('the capabilities of a new volume', () => {
  it('are one for each mode, and the same one once', () => {
    const modes = volumeCapabilities({ accessModes: [one, pod, many, one] }, info(false)).map(
      ({ accessMode }) => accessMode?.mode,
    );
    expect(modes).toEqual([Mode.SINGLE_NODE_WRITER, Mode.MULTI_NODE_MULTI_WRITER]);
  });
});
