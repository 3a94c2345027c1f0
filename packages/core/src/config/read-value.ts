import { isOneOf } from '../json/unknown-value.js';
import { parseDuration } from './duration.js';
import type { Setting } from './settings.js';

/** A value that a setting accepts, or what is wrong with the one given, as the end of a sentence. */
export type ReadValue = { readonly value: unknown } | { readonly problem: string };

/**
 * Reads one value of a setting.
 *
 * @param raw - text where it comes from the environment or a flag (`true` for a flag without a value, an array of texts for
 *   a repeated one); what JSON or YAML gives where it comes from a file.
 * @param isText - whether numbers, booleans and lists are written as text. A file has types of its own and has to use them.
 */
export function readValue(setting: Setting, raw: unknown, isText: boolean): ReadValue {
  const read = readTyped(setting, raw, isText);
  if ('problem' in read) return read;
  // The value was just read as the setting's type, which the compiler cannot follow across the union.
  const problem = (setting.validate as ((value: unknown) => string | undefined) | undefined)?.(read.value);
  return problem === undefined ? read : { problem };
}

function readTyped(setting: Setting, raw: unknown, isText: boolean): ReadValue {
  switch (setting.type) {
    case 'string':
      return typeof raw === 'string' ? { value: raw } : { problem: 'must be a string' };
    case 'number':
      return readNumber(raw, isText);
    case 'boolean':
      if (isText && (raw === 'true' || raw === 'false')) return { value: raw === 'true' };
      return typeof raw === 'boolean' ? { value: raw } : { problem: `must be true or false, not ${shown(raw)}` };
    case 'enum':
      return isOneOf(setting.values, raw)
        ? { value: raw }
        : { problem: `must be one of ${setting.values.join(', ')}, not ${shown(raw)}` };
    case 'duration':
      return readDuration(raw);
    default:
      return readList(raw, isText);
  }
}

function readNumber(raw: unknown, isText: boolean): ReadValue {
  const value = isText && typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
  return typeof value === 'number' && Number.isFinite(value)
    ? { value }
    : { problem: `must be a number, not ${shown(raw)}` };
}

function readDuration(raw: unknown): ReadValue {
  try {
    if (typeof raw === 'string') return { value: parseDuration(raw) };
  } catch {
    // The text below says it in the same words as for other types.
  }
  return { problem: `must be a duration such as 30s or 1h30m, not ${shown(raw)}` };
}

function readList(raw: unknown, isText: boolean): ReadValue {
  const items: unknown = isText && typeof raw === 'string' ? [raw] : raw;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    return { problem: 'must be a list of strings' };
  const texts: readonly string[] = items;
  const values = isText
    ? texts
        .flatMap((text) => text.split(','))
        .map((item) => item.trim())
        .filter((item) => item !== '')
    : texts;
  return { value: Object.freeze([...values]) };
}

function shown(raw: unknown): string {
  return typeof raw === 'string' ? `'${raw}'` : (JSON.stringify(raw) ?? typeof raw);
}
