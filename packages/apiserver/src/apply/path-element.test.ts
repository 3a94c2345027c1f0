import type { Json } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { compareElements, fieldElement, formatPath, keyElement, parseElement, valueElement } from './path-element.js';

describe('path elements', () => {
  it.each<readonly [string, string]>([
    [fieldElement('replicas'), 'f:replicas'],
    [fieldElement('a.b/c'), 'f:a.b/c'],
    [fieldElement('__proto__'), 'f:__proto__'],
    [keyElement([['name', 'web']]), 'k:{"name":"web"}'],
    [
      keyElement([
        ['protocol', 'TCP'],
        ['containerPort', 80],
      ]),
      'k:{"containerPort":80,"protocol":"TCP"}',
    ],
    [valueElement('a<b>&c'), 'v:"a\\u003cb\\u003e\\u0026c"'],
    [valueElement(1), 'v:1'],
    [valueElement(true), 'v:true'],
  ])('%s is written %s', (element, text) => {
    expect(element).toBe(text);
    expect(parseElement(text)).toBe(text);
  });

  it('reads any spelling into one text', () => {
    expect(parseElement('k:{"protocol": "TCP", "containerPort": 80}')).toBe('k:{"containerPort":80,"protocol":"TCP"}');
    expect(parseElement('v:"a<b"')).toBe(valueElement('a<b'));
    expect(parseElement('i:007')).toBe('i:7');
  });

  it('leaves out kinds it does not know', () => {
    expect(parseElement('x:anything')).toBeUndefined();
  });

  it.each(['', 'f', 'name', 'k:', 'k:[1]', 'k:{', 'v:', 'v:{"a"', 'i:', 'i:x', 'i:1.5', 'v:1 2'])(
    'refuses %j',
    (text) => {
      expect(() => parseElement(text)).toThrow();
    },
  );

  it('orders fields, keys, values and indices, each by content', () => {
    const ordered = [
      'f:a',
      'f:b',
      'k:{"name":"a"}',
      'k:{"name":"a!"}',
      'k:{"port":9}',
      'k:{"port":80}',
      'k:{"port":80,"protocol":"TCP"}',
      'v:9',
      'v:10',
      'v:"a"',
      'v:"b"',
      'v:false',
      'v:true',
      'i:2',
      'i:10',
    ];
    expect(ordered.toReversed().sort(compareElements)).toEqual(ordered);
  });

  it.each<readonly [path: string[], text: string]>([
    [['f:spec', 'f:replicas'], '.spec.replicas'],
    [['f:containers', 'k:{"name":"web"}', 'f:image'], '.containers[name="web"].image'],
    [['f:ports', 'k:{"containerPort":80,"protocol":"TCP"}'], '.ports[containerPort=80,protocol="TCP"]'],
    [['f:finalizers', 'v:"a"'], '.finalizers[="a"]'],
    [['f:list', 'i:3'], '.list[3]'],
  ])('%j is shown as %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });

  it('takes the values of a key as they are', () => {
    const values: Json[] = [0, '', false];
    for (const value of values) expect(parseElement(keyElement([['k', value]]))).toBe(keyElement([['k', value]]));
  });
});
