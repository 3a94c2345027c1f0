import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { grpcErrors } from '../errors/grpc-errors.js';
import { SayRequestSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import type { SayRequest, Tone } from '../generated/kubewright/testing/v1/echo_pb.js';
import { Code } from '../status/code.js';
import { compileRules } from './compile-rules.js';
import { invalidArgument } from './rules.js';
import type { RequestRules } from './rules.js';

function violation(
  rules: RequestRules<SayRequest>,
  request: MessageInitShape<typeof SayRequestSchema>,
): string | undefined {
  const found = compileRules(SayRequestSchema, rules as RequestRules)(create(SayRequestSchema, request));
  return found && `${found.field} ${found.reason}`;
}
const unlisted = 9 as Tone;

describe('compileRules', () => {
  it.each([
    ['text', {}, 'text is required'],
    ['speaker', { text: 'x' }, 'speaker is required'],
    ['tags', {}, 'tags is required'],
    ['parameters', {}, 'parameters is required'],
    ['tone', {}, 'tone is required'],
    ['target', {}, 'target is required: set one of room, listener'],
    ['target', { target: { case: 'room', value: '' } }, undefined],
    ['text', { text: 'x' }, undefined],
    ['parameters', { parameters: { a: '' } }, undefined],
  ] as const)('required %s of %j: %s', (field, request, expected) => {
    expect(violation({ required: [field] }, request as MessageInitShape<typeof SayRequestSchema>)).toBe(expected);
  });

  it('limits strings in bytes wherever they are', () => {
    const rules = { maxStringBytes: 4 };
    expect(violation(rules, { text: 'abcd' })).toBeUndefined();
    expect(violation(rules, { text: 'äöü' })).toBe('text is longer than 4 bytes');
    expect(violation(rules, { speaker: { name: 'Adele' } })).toBe('speaker.name is longer than 4 bytes');
    expect(violation(rules, { tags: ['ok', 'too long'] })).toBe('tags[1] is longer than 4 bytes');
    expect(violation(rules, { target: { case: 'room', value: 'a hall' } })).toBe('room is longer than 4 bytes');
    expect(violation(rules, { target: { case: 'listener', value: { name: 'Bertha' } } })).toBe(
      'listener.name is longer than 4 bytes',
    );
  });

  it('limits single fields in place of the general limit', () => {
    const rules = { maxStringBytes: 4, maxBytes: { text: 8, payload: 2, parameters: 3 } };
    expect(violation(rules, { text: 'abcdefgh' })).toBeUndefined();
    expect(violation(rules, { payload: new Uint8Array(3) })).toBe('payload is longer than 2 bytes');
    expect(violation(rules, { parameters: { ab: 'cd' } })).toBe('parameters is larger than 3 bytes');
    expect(violation({ maxBytes: { text: 1 } }, { speaker: { name: 'no limit here' } })).toBeUndefined();
  });

  it('limits maps by the bytes of keys and values together', () => {
    expect(violation({ maxMapBytes: 4 }, { parameters: { a: 'b', c: 'd' } })).toBeUndefined();
    expect(violation({ maxMapBytes: 4 }, { parameters: { a: 'b', c: 'de' } })).toBe(
      'parameters is larger than 4 bytes',
    );
  });

  it('refuses numbers that an enum does not list, if asked', () => {
    expect(violation({ knownEnums: true }, { tone: unlisted })).toBe('tone has the value 9, which Tone does not list');
    expect(violation({ knownEnums: true }, { speaker: { tone: unlisted } })).toContain('speaker.tone has the value 9');
    expect(violation({}, { tone: unlisted })).toBeUndefined();
  });

  it('refuses a rule about a field that there is not', () => {
    expect(() => compileRules(SayRequestSchema, { required: ['nope' as never] })).toThrow(/names the field 'nope'/);
    expect(grpcErrors.UNKNOWN_FIELD.code).toBe('KW_GRPC_UNKNOWN_FIELD');
  });

  it('becomes an INVALID_ARGUMENT that names the field', () => {
    expect(invalidArgument({ field: 'name', reason: 'is required' })).toMatchObject({
      status: Code.INVALID_ARGUMENT,
      text: 'name is required',
    });
  });
});
