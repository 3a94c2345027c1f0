import { describe, expect, it } from 'vitest';
import { FieldSelector, escapeFieldValue } from './field-selector.js';

describe('FieldSelector', () => {
  it('matches by equality and inequality; a missing field is empty', () => {
    const selector = FieldSelector.parse('metadata.name=a,status.phase!=Running');
    expect(selector.matches({ 'metadata.name': 'a', 'status.phase': 'Failed' })).toBe(true);
    expect(selector.matches({ 'metadata.name': 'a', 'status.phase': 'Running' })).toBe(false);
    expect(selector.matches({ 'metadata.name': 'a' })).toBe(true);
    expect(FieldSelector.parse('spec.nodeName=').matches({})).toBe(true);
  });

  it('selects everything when empty', () => {
    expect(FieldSelector.parse('').selectsEverything).toBe(true);
    expect(FieldSelector.parse(',').matches({})).toBe(true);
  });

  it('reads == as = and sorts the terms', () => {
    expect(FieldSelector.parse('b==2,a!=1').toString()).toBe('a!=1,b=2');
  });

  it('escapes commas, equal signs and backslashes', () => {
    const value = 'a,b=c\\d';
    const selector = FieldSelector.parse(`x=${escapeFieldValue(value)},y=2`);
    expect(selector.requirements).toEqual([
      { field: 'x', operator: '=', value },
      { field: 'y', operator: '=', value: '2' },
    ]);
    expect(FieldSelector.parse(selector.toString()).requirements).toEqual(selector.requirements);
  });

  it('tells the value that a field must have', () => {
    const selector = FieldSelector.parse('metadata.name=a,spec.nodeName!=b');
    expect(selector.exact('metadata.name')).toBe('a');
    expect(selector.exact('spec.nodeName')).toBeUndefined();
  });

  it.each([
    ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
    ['a=b\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=b=c', 'invalid field selector: unescaped character in value: ='],
  ])('refuses %j', (text, expected) => {
    expect(() => FieldSelector.parse(text)).toThrow(expected);
  });
});
