/**
 * The protobuf messages of the built-in kinds. Their table is text until somebody asks, and each message's words are read when
 * the first object of it is.
 */
import { isOneOf, parseTrusted } from '@kubewright/core';
import { protobufJson } from '../generated/protobuf.js';
import { wire } from './reader.js';

/** How one value of a field is written. A `message` has fields of its own; the others are scalars or have a form of their own in JSON. */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'message'
  | 'union'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'json'
  | 'strings';

export interface Field {
  readonly number: number;
  /** In JSON. Of an embedded field it names nothing: its own fields are in the object itself. */
  readonly name: string;
  readonly type: FieldType;
  readonly shape: 'one' | 'list' | 'map';
  /** A Go pointer: absent and zero are different values. */
  readonly pointer: boolean;
  /** JSON has the field even where it is empty. */
  readonly always: boolean;
  readonly embedded: boolean;
  /** How each value lies on the wire. */
  readonly wireType: number;
  /** What a `message` or `union` is made of. */
  readonly message: Message | undefined;
}

export interface Message {
  /** As `core.v1.Pod`. */
  readonly name: string;
  /** Whether it has an apiVersion and a kind. */
  readonly isKind: boolean;
  /** By ascending number. */
  readonly fields: readonly Field[];
  /** At the index of its number. */
  readonly byNumber: readonly (Field | undefined)[];
  /** The fields that JSON has even where they are empty, those of embedded fields included. */
  readonly always: readonly Field[];
}

interface Table {
  readonly packages: ReadonlyMap<string, string>;
  readonly words: ReadonlyMap<string, string>;
}

let table: Table | undefined;
const messages = new Map<string, Message>();

function load(): Table {
  if (table === undefined) {
    const parsed = parseTrusted<Record<'packages' | 'messages', Record<string, string>>>(protobufJson);
    table = { packages: new Map(Object.entries(parsed.packages)), words: new Map(Object.entries(parsed.messages)) };
  }
  return table;
}

/** The kinds that every built-in group has beside its own. */
const everywhere = /^(Create|Delete|Get|List|Patch|Update)Options$/;

/** The message of a built-in kind, or undefined where the kind has none. */
export function messageOfKind(apiVersion: string, kind: string): Message | undefined {
  const from = load().packages.get(apiVersion);
  if (from === undefined) return undefined;
  const own = findMessage(`${from}.${kind}`);
  if (own?.isKind === true) return own;
  if (apiVersion !== 'v1' && !everywhere.test(kind)) return undefined;
  const common = kind.startsWith('PartialObjectMetadata') ? undefined : findMessage(`meta.v1.${kind}`);
  return common?.isKind === true ? common : undefined;
}

/** The apiVersion and kind of every message that is one, in the table's order; the options of every group are not repeated. */
export function protobufKinds(): { apiVersion: string; kind: string }[] {
  const { packages, words } = load();
  const versions = new Map([...packages].map(([apiVersion, from]) => [from, apiVersion]));
  return [...words].flatMap(([name, text]) => {
    const at = name.lastIndexOf('.');
    const kind = name.slice(at + 1);
    const apiVersion = versions.get(name.slice(0, at));
    return text.startsWith('/') && apiVersion !== undefined ? [{ apiVersion, kind }] : [];
  });
}

/** A message by its name in the table, as `core.v1.PodSpec`. */
export function findMessage(name: string): Message | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const text = load().words.get(name);
  if (text === undefined) return undefined;
  const words = text === '' ? [] : text.split(' ');
  const isKind = words[0] === '/';
  const message = new CompiledMessage(name, isKind, (isKind ? words.slice(1) : words).map(readField));
  messages.set(name, message);
  return message;
}

/** Messages contain themselves, so the fields of a field's message are read when they are needed. */
class CompiledField implements Field {
  readonly wireType: number;
  readonly #message: string | undefined;
  #resolved: Message | undefined;

  constructor(
    readonly name: string,
    readonly number: number,
    readonly type: FieldType,
    readonly shape: Field['shape'],
    readonly pointer: boolean,
    readonly always: boolean,
    readonly embedded: boolean,
    message: string | undefined,
  ) {
    this.#message = message;
    this.wireType = shape === 'map' ? wire.bytes : (wireTypes[type] ?? wire.bytes);
  }

  get message(): Message | undefined {
    if (this.#resolved === undefined && this.#message !== undefined) this.#resolved = findMessage(this.#message);
    return this.#resolved;
  }
}

class CompiledMessage implements Message {
  readonly byNumber: readonly (Field | undefined)[];
  #always: readonly Field[] | undefined;

  constructor(
    readonly name: string,
    readonly isKind: boolean,
    readonly fields: readonly Field[],
  ) {
    const byNumber: (Field | undefined)[] = Array.from({ length: (fields.at(-1)?.number ?? 0) + 1 });
    for (const field of fields) byNumber[field.number] = field;
    this.byNumber = byNumber;
  }

  get always(): readonly Field[] {
    this.#always ??= this.fields.flatMap((field) => {
      if (field.embedded) return field.message?.always ?? [];
      return field.always ? [field] : [];
    });
    return this.#always;
  }
}

const wireTypes: Partial<Record<FieldType, number>> = {
  bool: wire.varint,
  int32: wire.varint,
  int64: wire.varint,
  double: wire.fixed64,
};

const scalars = ['string', 'bytes', 'bool', 'int32', 'int64', 'double'] as const satisfies readonly FieldType[];

/** Reads a word as `replicas:1*int32` or `data:2{}string`. */
function readField(word: string): Field {
  const [, name = '', number, marks = '', shape, type = ''] =
    /^([^:]+):(\d+)([*!^]*)(\[\]|\{\})?([^[{]+)$/.exec(word) ?? [];
  const union = type.startsWith('@union:');
  const message = type.startsWith('@') ? undefined : type;
  let kind: FieldType = 'message';
  if (union) kind = 'union';
  else if (message === undefined) kind = type.slice(1) as FieldType;
  else if (isOneOf(scalars, type)) kind = type;
  return new CompiledField(
    name,
    Number(number),
    kind,
    shape === '[]' ? 'list' : shape === '{}' ? 'map' : 'one',
    marks.includes('*'),
    marks.includes('!'),
    marks.includes('^'),
    union ? type.slice('@union:'.length) : kind === 'message' ? message : undefined,
  );
}
