/** What of a message may appear in a log: never a field that its interface marks as secret. */
import { isMessage } from '@bufbuild/protobuf';
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { isList, recordOf } from '@kubewright/core';
import { memberValue } from '../message/member-value.js';

/** Tells whether a field holds a secret, beyond those that carry protobuf's own mark `debug_redact`. */
export type SecretField = (field: DescField) => boolean;

const hidden = '[redacted]';
/** Longer strings and lists are cut: a log line tells what a call was about, not all of it. */
const longestString = 256;
const longestList = 32;

/**
 * A plain object that shows a message in the names of its interface: set fields only, secrets replaced by `[redacted]`,
 * bytes by their number, long strings and lists cut.
 */
export function redact(
  desc: DescMessage,
  message: Message,
  secret: SecretField = () => false,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const field of desc.fields) {
    const value = memberValue(message, field);
    if (isEmpty(value)) continue;
    const isSecret = field.proto.options?.debugRedact === true || secret(field);
    shown[field.name] = isSecret ? hidden : show(field, value, secret);
  }
  return shown;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === 0n || value === false) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return typeof value === 'object' && value !== null && !('$typeName' in value) && Object.keys(value).length === 0;
}

function show(field: DescField, value: unknown, secret: SecretField): unknown {
  const element = (item: unknown): unknown => {
    if (field.message !== undefined && isMessage(item)) return redact(field.message, item, secret);
    if (field.enum !== undefined && typeof item === 'number') return field.enum.value[item]?.name ?? item;
    return showScalar(item);
  };
  if (isList(value)) {
    const shown = value.slice(0, longestList).map(element);
    return value.length > longestList ? [...shown, `… ${value.length - longestList} more`] : shown;
  }
  if (field.fieldKind === 'map') {
    const entries = Object.entries(recordOf(value)).slice(0, longestList);
    return Object.fromEntries(entries.map(([key, item]) => [key, element(item)]));
  }
  return element(value);
}

function showScalar(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string' && value.length > longestString) return `${value.slice(0, longestString)}…`;
  return value;
}
