import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { apiErrors } from '../errors.js';
import { LabelSelector } from './label-selector.js';
import { requirement, type SelectorOperator } from './requirement.js';

const matches = (selector: string, labels: Record<string, string>) => LabelSelector.parse(selector).matches(labels);

function reason(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (apiErrors.LABEL_SELECTOR.is(error)) return error.details.reason;
    throw error;
  }
  return 'nothing was thrown';
}

describe('LabelSelector', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['', {}, true],
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'web' }, true],
    ['app=web', {}, false],
    ['app!=web', { app: 'db' }, true],
    ['app!=web', {}, true],
    ['app in (web, db)', { app: 'db' }, true],
    ['app in (web,db)', {}, false],
    ['app notin (web)', {}, true],
    ['app notin (web)', { app: 'web' }, false],
    ['app', { app: '' }, true],
    ['!app', {}, true],
    ['!app', { app: 'x' }, false],
    ['app=', { app: '' }, true],
    ['app in ()', { app: '' }, true],
    ['app in (,a)', { app: '' }, true],
    ['size>3,size<10', { size: '5' }, true],
    ['size>3', { size: '3' }, false],
    ['size>3', { size: 'big' }, false],
    ['size>3', {}, false],
    ['a=1,b!=2,!c', { a: '1', b: '3' }, true],
    ['in in (in)', { in: 'in' }, true],
    ['example.com/tier=a', { 'example.com/tier': 'a' }, true],
    ['constructor', {}, false],
  ])('%j against %j is %s', (selector, labels, expected) => {
    expect(matches(selector, labels)).toBe(expected);
  });

  it.each([
    ['b=2,a', 'a,b=2'],
    ['x in (b,a,b)', 'x in (a,b)'],
    [' a  !=  b ', 'a!=b'],
    ['a>1', 'a>1'],
    ['!a', '!a'],
    ['a==b', 'a==b'],
  ])('writes %j as %j', (selector, expected) => {
    expect(LabelSelector.parse(selector).toString()).toBe(expected);
  });

  it.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=(', "unable to parse requirement: found '(', expected: identifier"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
  ])('says of %j: %s', (selector, expected) => {
    expect(reason(() => LabelSelector.parse(selector))).toBe(expected);
  });

  it('names a wrong key and a wrong value', () => {
    expect(reason(() => LabelSelector.parse('a@b=c'))).toMatch(
      /^unable to parse requirement: <nil>: Invalid value: "a@b": name part must consist of alphanumeric characters/,
    );
    expect(reason(() => LabelSelector.parse('a=b@c'))).toMatch(
      /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b@c": a valid label must be an empty string or consist/,
    );
    expect(reason(() => LabelSelector.parse('a>b'))).toContain(
      "for 'Gt', 'Lt' operators, the value must be an integer",
    );
  });

  it('comes from an object', () => {
    const selector = LabelSelector.from({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.toString()).toBe('app=web,!old,tier in (a,b)');
    expect(selector.matches({ app: 'web', tier: 'b' })).toBe(true);
    expect(selector.matches({ app: 'web', tier: 'b', old: '' })).toBe(false);
  });

  it('selects nothing without an object and everything with an empty one', () => {
    expect(LabelSelector.from(undefined)).toMatchObject({ selectsNothing: true, selectsEverything: false });
    expect(LabelSelector.from(undefined).matches({})).toBe(false);
    expect(LabelSelector.from({})).toMatchObject({ selectsNothing: false, selectsEverything: true });
    expect(LabelSelector.from({}).matches(undefined)).toBe(true);
  });

  it('refuses an unknown operator of an object', () => {
    expect(
      reason(() => LabelSelector.from({ matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] })),
    ).toBe('"Near" is not a valid label selector operator');
  });

  it('refuses values where there may be none, and none where there must be some', () => {
    expect(reason(() => requirement('a', 'exists', ['b']))).toContain(
      'values set must be empty for exists and does not exist',
    );
    expect(reason(() => requirement('a', 'in', []))).toContain(
      "for 'in', 'notin' operators, values set can't be empty",
    );
    expect(reason(() => requirement('a', '=', ['b', 'c']))).toContain(
      'exact-match compatibility requires one single value',
    );
  });

  it('tells an index what a match certainly has', () => {
    expect(LabelSelector.parse('a=1,b==2,c in (3),d in (4,5),e!=6,f').exact).toEqual([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
      { key: 'c', value: '3' },
    ]);
  });

  it('reads back what it writes', () => {
    const random = new SeededRandom(3);
    const pick = <T>(choices: readonly [T, ...T[]]): T =>
      choices[Math.floor(random.next() * choices.length)] ?? choices[0];
    const operators: [SelectorOperator, ...SelectorOperator[]] = [
      '=',
      '==',
      '!=',
      'in',
      'notin',
      'exists',
      '!',
      'gt',
      'lt',
    ];
    for (let run = 0; run < 1000; run++) {
      const terms = Array.from({ length: Math.floor(random.next() * 4) }, (_, index) => {
        const operator = pick(operators);
        const single = pick(operator === 'gt' || operator === 'lt' ? ['1', '20', '7'] : ['a', 'in', '', 'x-1']);
        const values =
          operator === 'exists' || operator === '!'
            ? []
            : operator.endsWith('in')
              ? [single, pick(['b', 'notin'])]
              : [single];
        return requirement(`${pick(['k', 'example.com/k', 'notin'])}${index}`, operator, values);
      });
      const text = LabelSelector.of(terms).toString();
      expect(LabelSelector.parse(text).requirements).toEqual(LabelSelector.of(terms).requirements);
    }
  });
});
