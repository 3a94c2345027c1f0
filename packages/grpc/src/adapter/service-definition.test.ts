import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Echo, SayRequestSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import { serviceDefinition } from './service-definition.js';

describe('serviceDefinition', () => {
  it('names paths and says which sides stream', () => {
    const definition = serviceDefinition(Echo);
    const shape = Object.entries(definition).map(([name, { path, requestStream, responseStream }]) => [
      name,
      path,
      requestStream,
      responseStream,
    ]);
    expect(shape).toEqual([
      ['Say', '/kubewright.testing.v1.Echo/Say', false, false],
      ['Count', '/kubewright.testing.v1.Echo/Count', false, true],
      ['Collect', '/kubewright.testing.v1.Echo/Collect', true, false],
      ['Chat', '/kubewright.testing.v1.Echo/Chat', true, true],
      ['Whisper', '/kubewright.testing.v1.Echo/Whisper', false, false],
    ]);
  });

  it('invariant 14: encodes and decodes, 64-bit numbers without loss', () => {
    const { requestSerialize, requestDeserialize } = serviceDefinition(Echo)['Say'] ?? {};
    const message = create(SayRequestSchema, {
      text: 'ä',
      weight: 9_007_199_254_740_993n,
      payload: new Uint8Array([0, 255]),
    });
    const bytes = requestSerialize?.(message);
    expect(bytes && requestDeserialize?.(bytes)).toEqual(message);
  });
});
