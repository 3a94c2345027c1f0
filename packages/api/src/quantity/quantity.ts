/**
 * Kubernetes' quantities: exact amounts with a unit, as `500m`, `2Gi` or `1e3`. Amounts are kept as whole nano-units in a
 * bigint, which is the finest that a quantity can hold, so nothing is ever rounded but what parsing must round.
 */
import { apiErrors } from '../errors.js';

/** How a quantity was written, and is written again: `Ki Mi …`, `m k M …`, or `e3`. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

const nano = 10n ** 9n;
const maximum = (2n ** 63n - 1n) * nano;
/** Beyond this power of ten an exponent is refused: no resource is that large, and the number would cost memory without bound. */
const maximumExponent = 300;

const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const decimalNames = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

const form = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixWrong = "unable to parse quantity's suffix";
const numberWrong = 'unable to parse numeric part of quantity';

/** An immutable amount. */
export class Quantity {
  static readonly zero = new Quantity(0n, 'DecimalSI');

  private constructor(
    /** The amount in units of 10⁻⁹. */
    readonly nanos: bigint,
    readonly format: QuantityFormat,
  ) {}

  /**
   * Reads a quantity. What is finer than 10⁻⁹ is rounded away from zero, and a binary amount is capped at 2⁶³ - 1, as a server
   * does.
   *
   * @param input - a text, or a number as JSON may carry it.
   * @throws KW_API_QUANTITY
   */
  static parse(input: string | number): Quantity {
    const text = String(input).trim();
    const fail = (reason: string) => apiErrors.QUANTITY({ text, reason });
    const match = text.length > 0 && text.length <= 1024 ? form.exec(text) : null;
    if (match === null) throw fail(formatWrong);
    const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
    if (whole === '' && fraction === '') throw fail(formatWrong);
    const digits = BigInt(whole + fraction);
    const negative = sign === '-';
    const signed = (nanos: bigint, format: QuantityFormat) => new Quantity(negative ? -nanos : nanos, format);

    const binary = binarySuffixes.indexOf(suffix);
    if (binary >= 0) {
      const exact = ratio(digits * 1024n ** BigInt(binary + 1), 9 - fraction.length);
      const nanos = exact > maximum ? maximum : exact;
      return signed(nanos, nanos > 0n && nanos < nano ? 'DecimalSI' : 'BinarySI');
    }
    const decimal = decimalSuffixes.get(suffix);
    if (decimal !== undefined) return signed(ratio(digits, 9 + decimal - fraction.length), 'DecimalSI');
    const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
    if (exponent === undefined) throw fail(suffixWrong);
    const power = Number(exponent);
    if (power > maximumExponent) throw fail(numberWrong);
    return signed(ratio(digits, 9 + Math.max(power, -2 * maximumExponent) - fraction.length), 'DecimalExponent');
  }

  /** @param format - Default: `DecimalSI`. */
  static ofMilli(milli: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(milli) * 10n ** 6n, format);
  }

  /** @param format - Default: `DecimalSI`. */
  static of(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * nano, format);
  }

  get isZero(): boolean {
    return this.nanos === 0n;
  }

  /** Negative, zero or positive, as a sort function wants it. */
  compare(other: Quantity): -1 | 0 | 1 {
    if (this.nanos === other.nanos) return 0;
    return this.nanos < other.nanos ? -1 : 1;
  }

  /** The sum keeps this quantity's format, unless this one is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero ? other.format : this.format);
  }

  /** The difference keeps this quantity's format, unless this one is zero. */
  subtract(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero ? other.format : this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.nanos, this.format);
  }

  /** The amount in whole units, rounded away from zero. */
  value(): bigint {
    return roundAway(this.nanos, nano);
  }

  /** The amount in thousandths, rounded away from zero: millicores for `cpu`. */
  milliValue(): bigint {
    return roundAway(this.nanos, 10n ** 6n);
  }

  /** The amount as a number, which may lose precision: for ratios and metrics. */
  toNumber(): number {
    const whole = this.nanos / nano;
    return Number(whole) + Number(this.nanos - whole * nano) / 1e9;
  }

  /** The canonical form: the largest suffix that leaves a whole number. A binary amount below 1024, or with a fraction, is written decimally. */
  toString(): string {
    if (this.isZero) return '0';
    const binary =
      this.format === 'BinarySI' &&
      this.nanos % nano === 0n &&
      (this.nanos >= 1024n * nano || this.nanos <= -1024n * nano);
    if (binary) {
      let amount = this.nanos / nano;
      let power = 0;
      while (power < binarySuffixes.length && amount % 1024n === 0n) {
        amount /= 1024n;
        power++;
      }
      return `${amount}${power === 0 ? '' : binarySuffixes[power - 1]}`;
    }
    let amount = this.nanos;
    let exponent = -9;
    while (amount % 1000n === 0n) {
      amount /= 1000n;
      exponent += 3;
    }
    const name = this.format === 'DecimalExponent' ? undefined : decimalNames.get(exponent);
    return `${amount}${name ?? (exponent === 0 ? '' : `e${exponent}`)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** `digits × 10^power`, rounded away from zero. */
function ratio(digits: bigint, power: number): bigint {
  return power >= 0 ? digits * 10n ** BigInt(power) : roundAway(digits, 10n ** BigInt(-power));
}

function roundAway(amount: bigint, unit: bigint): bigint {
  const whole = amount / unit;
  if (whole * unit === amount) return whole;
  return amount > 0n ? whole + 1n : whole - 1n;
}
