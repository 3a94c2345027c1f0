/**
 * Requests are checked before their handler runs. Rules are data wherever data can say it: which fields must be there,
 * how long strings and maps may be, that enums have a value the interface knows. Neighbours: `service` attaches rules to
 * methods, `call` applies them.
 */
import { ScalarType, isFieldSet, isMessage } from '@bufbuild/protobuf';
import type { DescEnum, DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { isList, recordOf } from '@kubewright/core';
import { grpcErrors } from '../errors/grpc-errors.js';
import { memberValue, oneofOf } from '../message/member-value.js';
import type { FieldViolation, RequestLimits, RequestRules } from './rules.js';

/** Finds the first field that breaks a rule. */
export type RequestCheck = (message: Message) => FieldViolation | undefined;
type ValueCheck = (value: unknown, path: string) => FieldViolation | undefined;

/** Turns rules into a function that looks only at the fields which a rule concerns. @throws UNKNOWN_FIELD */
export function compileRules(desc: DescMessage, rules: RequestRules): RequestCheck {
  const required: readonly string[] = rules.required ?? [];
  const known = new Set(desc.members.map((member) => member.localName));
  const sizes = new Map(Object.entries<number>(rules.maxBytes ?? {}));
  for (const name of [...required, ...sizes.keys()]) {
    if (!known.has(name)) throw grpcErrors.UNKNOWN_FIELD({ message: desc.typeName, field: name });
  }
  const presence = desc.members.filter((member) => required.includes(member.localName)).map(presenceCheck);
  const values = new Limits(rules).message(desc, sizes);
  return (message) => {
    for (const check of presence) {
      const violation = check(message);
      if (violation !== undefined) return violation;
    }
    return values?.(message, '');
  };
}

function presenceCheck(member: DescMessage['members'][number]): RequestCheck {
  if (member.kind === 'oneof') {
    const names = member.fields.map((field) => field.name).join(', ');
    const reason = `is required: set one of ${names}`;
    return (message) => (oneofOf(message, member.localName) === undefined ? { field: member.name, reason } : undefined);
  }
  return (message) => (isFieldSet(message, member) ? undefined : { field: member.name, reason: 'is required' });
}

/** Compiles the limits for a message type and those inside it, each type once, so that recursive types end. */
class Limits {
  readonly #limits: RequestLimits;
  readonly #compiled = new Map<DescMessage, ValueCheck | undefined>();

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  message(desc: DescMessage, sizes: ReadonlyMap<string, number> = new Map()): ValueCheck | undefined {
    if (!this.#anyLimit() && sizes.size === 0) return undefined;
    const checks = desc.fields.flatMap((field) => {
      const check = this.#field(field, sizes.get(field.localName));
      return check === undefined ? [] : [{ field, check }];
    });
    if (checks.length === 0) return undefined;
    return (value, path) => {
      if (!isMessage(value)) return undefined; // protobuf-es unwraps google's wrapper types to their values
      for (const { field, check } of checks) {
        const at = memberValue(value, field);
        if (at === undefined) continue;
        const violation = check(at, path === '' ? field.name : `${path}.${field.name}`);
        if (violation !== undefined) return violation;
      }
      return undefined;
    };
  }

  #anyLimit(): boolean {
    const { maxStringBytes, maxMapBytes, knownEnums } = this.#limits;
    return maxStringBytes !== undefined || maxMapBytes !== undefined || knownEnums === true;
  }

  #nested(desc: DescMessage): ValueCheck | undefined {
    if (!this.#anyLimit()) return undefined;
    if (!this.#compiled.has(desc)) {
      this.#compiled.set(desc, (value, path) => this.#compiled.get(desc)?.(value, path)); // while a recursive type is at work
      this.#compiled.set(desc, this.message(desc));
    }
    return this.#compiled.get(desc);
  }

  #field(field: DescField, size: number | undefined): ValueCheck | undefined {
    if (field.fieldKind === 'map') return this.#map(field, size);
    if (field.fieldKind === 'list') {
      const element = this.#element(field.scalar, field.message, field.enum, size);
      return (
        element &&
        ((values, path) => first(isList(values) ? values : [], (value, at) => element(value, `${path}[${at}]`)))
      );
    }
    return this.#element(field.scalar, field.message, field.enum, size);
  }

  #element(
    scalar: ScalarType | undefined,
    message?: DescMessage,
    values?: DescEnum,
    size?: number,
  ): ValueCheck | undefined {
    if (message !== undefined) return this.#nested(message);
    if (values !== undefined) return this.#limits.knownEnums === true ? enumCheck(values) : undefined;
    if (scalar === ScalarType.STRING) return sizeCheck(size ?? this.#limits.maxStringBytes);
    return scalar === ScalarType.BYTES ? sizeCheck(size) : undefined;
  }

  #map(field: DescField & { fieldKind: 'map' }, size: number | undefined): ValueCheck | undefined {
    const limit = size ?? this.#limits.maxMapBytes;
    const element =
      field.scalar === ScalarType.STRING ? undefined : this.#element(field.scalar, field.message, field.enum);
    if (limit === undefined && element === undefined) return undefined;
    return (value, path) => {
      let bytes = 0;
      for (const [key, entry] of Object.entries(recordOf(value))) {
        bytes += Buffer.byteLength(key) + (typeof entry === 'string' ? Buffer.byteLength(entry) : 0);
        if (limit !== undefined && bytes > limit) return { field: path, reason: `is larger than ${limit} bytes` };
        const violation = element?.(entry, `${path}['${key}']`);
        if (violation !== undefined) return violation;
      }
      return undefined;
    };
  }
}

function sizeCheck(limit: number | undefined): ValueCheck | undefined {
  if (limit === undefined) return undefined;
  return (value, path) => {
    const bytes = typeof value === 'string' || value instanceof Uint8Array ? Buffer.byteLength(value) : 0;
    return bytes > limit ? { field: path, reason: `is longer than ${limit} bytes` } : undefined;
  };
}

function enumCheck(desc: DescEnum): ValueCheck {
  return (value, path) =>
    typeof value !== 'number' || desc.value[value] === undefined
      ? { field: path, reason: `has the value ${String(value)}, which ${desc.name} does not list` }
      : undefined;
}

function first<T>(values: readonly unknown[], check: (value: unknown, index: number) => T | undefined): T | undefined {
  for (const [index, value] of values.entries()) {
    const found = check(value, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
