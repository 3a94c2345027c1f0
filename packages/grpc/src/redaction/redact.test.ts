import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { SayRequestSchema, Tone } from '../generated/kubewright/testing/v1/echo_pb.js';
import { redact } from './redact.js';

describe('redact', () => {
  it('shows set fields by the names of the interface, and no secret', () => {
    const message = create(SayRequestSchema, {
      text: 'hello',
      tone: Tone.LOUD,
      parameters: { a: 'b' },
      secrets: { password: 'hunter2' },
      target: { case: 'listener', value: { name: 'Ada', tone: Tone.CALM } },
      payload: new Uint8Array(12),
      weight: 5n,
    });
    expect(redact(SayRequestSchema, message)).toEqual({
      text: 'hello',
      tone: 'TONE_LOUD',
      parameters: { a: 'b' },
      secrets: '[redacted]',
      listener: { name: 'Ada', tone: 'TONE_CALM' },
      payload: '12 bytes',
      weight: '5',
    });
  });

  it('hides what the caller says is secret, at any depth', () => {
    const message = create(SayRequestSchema, { text: 'a', speaker: { name: 'Ada' } });
    const shown = redact(SayRequestSchema, message, (field) => field.name === 'name');
    expect(shown).toEqual({ text: 'a', speaker: { name: '[redacted]' } });
  });

  it('cuts what is long', () => {
    const message = create(SayRequestSchema, { text: 'x'.repeat(300), tags: Array.from({ length: 40 }, () => 't') });
    const { text, tags } = redact(SayRequestSchema, message);
    expect(text).toHaveLength(257);
    expect(tags).toHaveLength(33);
    expect((tags as string[]).at(-1)).toBe('… 8 more');
  });
});
