import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { apiErrors } from '../errors.js';
import { Quantity } from './quantity.js';

const canonical = (text: string | number) => Quantity.parse(text).toString();

describe('Quantity', () => {
  it.each([
    ['0', '0'],
    ['0Ki', '0'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1100m', '1100m'],
    ['1024Mi', '1Gi'],
    ['1500Mi', '1500Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.5Gi', '512Mi'],
    ['100Ki', '100Ki'],
    ['1000k', '1M'],
    ['1500k', '1500k'],
    ['12e6', '12e6'],
    ['1E3', '1e3'],
    ['1500e-3', '1500e-3'],
    ['2E', '2E'],
    ['1000E', '1e21'],
    ['-250m', '-250m'],
    ['+3', '3'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.1Ki', '102400m'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    [' 7 ', '7'],
    ['8Ei', '9223372036854775807'],
  ])('writes %s as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it('reads a number as JSON carries it', () => {
    expect(canonical(2)).toBe('2');
    expect(canonical(0.25)).toBe('250m');
  });

  it.each(['', '-', '.', 'abc', '1 Gi', '1..2', '1Gi5x', '--1', '1,5', 'NaN'])('refuses %j by its form', (text) => {
    expect(() => Quantity.parse(text)).toThrow(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  });

  it.each(['1kk', '1mm', '1e', '1ki', '1i', '1m5'])('refuses %j by its suffix', (text) => {
    expect(() => Quantity.parse(text)).toThrow("unable to parse quantity's suffix");
  });

  it('gives a server the reason without our code', () => {
    try {
      Quantity.parse('1kk');
      expect.unreachable();
    } catch (error) {
      expect(apiErrors.QUANTITY.is(error) && error.details.reason).toBe("unable to parse quantity's suffix");
    }
  });

  it('is not driven to huge numbers by an exponent', () => {
    expect(() => Quantity.parse('1e999999999')).toThrow('unable to parse numeric part');
    expect(canonical('1e-999999999')).toBe('1e-9');
  });

  it('compares, adds and subtracts exactly', () => {
    const [milli, one] = [Quantity.parse('100m'), Quantity.parse('1')];
    expect(milli.compare(one)).toBe(-1);
    expect(one.compare(milli)).toBe(1);
    expect(Quantity.parse('1024Ki').compare(Quantity.parse('1Mi'))).toBe(0);
    expect(one.add(milli).toString()).toBe('1100m');
    expect(milli.subtract(one).toString()).toBe('-900m');
    expect(one.negate().toString()).toBe('-1');
  });

  it('keeps the format of what is added to, and takes the other where that is zero', () => {
    expect(Quantity.parse('1Gi').add(Quantity.parse('1M')).toString()).toBe('1074741824');
    expect(Quantity.zero.add(Quantity.parse('1Gi')).toString()).toBe('1Gi');
  });

  it('rounds values away from zero', () => {
    expect(Quantity.parse('1.5').value()).toBe(2n);
    expect(Quantity.parse('-1.5').value()).toBe(-2n);
    expect(Quantity.parse('1u').milliValue()).toBe(1n);
    expect(Quantity.parse('2').milliValue()).toBe(2000n);
    expect(Quantity.parse('1500m').toNumber()).toBe(1.5);
  });

  it('is made of whole units and of thousandths', () => {
    expect(Quantity.of(2048, 'BinarySI').toString()).toBe('2Ki');
    expect(Quantity.ofMilli(1500).toString()).toBe('1500m');
    expect(JSON.stringify({ cpu: Quantity.ofMilli(2000) })).toBe('{"cpu":"2"}');
  });

  it('reads back what it writes, whatever the amount and the suffix', () => {
    const random = new SeededRandom(7);
    const suffixes = ['', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-3'];
    for (let run = 0; run < 2000; run++) {
      const number = (random.next() * 10 ** Math.floor(random.next() * 8)).toFixed(Math.floor(random.next() * 4));
      const quantity = Quantity.parse(`${number}${suffixes[Math.floor(random.next() * suffixes.length)]}`);
      const again = Quantity.parse(quantity.toString());
      expect(again.compare(quantity)).toBe(0);
      expect(again.toString()).toBe(quantity.toString());
    }
  });
});
