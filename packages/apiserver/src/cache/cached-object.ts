import type { JsonObject } from '@kubewright/api';
import {
  isJsonObject,
  metadataOf,
  metadataOffset,
  parseObject,
  replaceRevision,
  spliceRevision,
} from '../object/object-bytes.js';

/** What selectors look at. */
export interface Selectable {
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
}

/** The fields beside metadata.name and metadata.namespace that selectors may name. */
export type FieldsOf = (object: JsonObject) => Readonly<Record<string, string>>;

/** A form in which objects leave the server. */
export interface ObjectEncoding {
  /** Encodings of one id give the same bytes for the same object, so each is made once. */
  readonly id: string;
  /** Whether the bytes depend on the time, so that none are kept. Default: false. */
  readonly volatile?: boolean;
  /** Undefined where the stored bytes are what is wanted. */
  readonly transform: ((object: CachedObject) => Uint8Array) | undefined;
}

/** One revision of one object: its bytes, and what was derived from them on demand. Immutable to the outside. */
export class CachedObject {
  readonly #fieldsOf: FieldsOf;
  #selectable: Selectable | undefined;
  #encoded: Map<string, Uint8Array> | undefined;

  private constructor(
    readonly key: string,
    readonly revision: bigint,
    /** The stored version as JSON, with the resourceVersion. */
    readonly bytes: Uint8Array,
    readonly metadataAt: number,
    fieldsOf: FieldsOf,
  ) {
    this.#fieldsOf = fieldsOf;
  }

  static ofStored(key: string, stored: Uint8Array, revision: bigint, fieldsOf: FieldsOf): CachedObject {
    const { bytes, metadataAt } = spliceRevision(stored, revision);
    return new CachedObject(key, revision, bytes, metadataAt, fieldsOf);
  }

  /** An object that is shown and not kept: of a dry run, where there may be no revision. */
  static unstored(key: string, stored: Uint8Array, revision: bigint | undefined): CachedObject {
    if (revision !== undefined) return CachedObject.ofStored(key, stored, revision, () => ({}));
    return new CachedObject(key, 0n, stored, metadataOffset(stored), () => ({}));
  }

  /** The same content at a later revision: how a deletion shows what was deleted. */
  at(revision: bigint): CachedObject {
    const { bytes, metadataAt } = replaceRevision(this, revision);
    return new CachedObject(this.key, revision, bytes, metadataAt, this.#fieldsOf);
  }

  /** The same revision, seen by other selectors. */
  selectedBy(fieldsOf: FieldsOf): CachedObject {
    return new CachedObject(this.key, this.revision, this.bytes, this.metadataAt, fieldsOf);
  }

  /** A copy that its caller may change. */
  parse(): JsonObject {
    return parseObject(this.bytes);
  }

  get selectable(): Selectable {
    if (this.#selectable === undefined) {
      const object = this.parse();
      const { name, namespace, labels } = metadataOf(object);
      this.#selectable = {
        labels: (isJsonObject(labels) ? labels : {}) as Record<string, string>,
        fields: {
          ...this.#fieldsOf(object),
          'metadata.name': typeof name === 'string' ? name : '',
          'metadata.namespace': typeof namespace === 'string' ? namespace : '',
        },
      };
    }
    return this.#selectable;
  }

  encode(encoding: ObjectEncoding): Uint8Array {
    if (encoding.transform === undefined) return this.bytes;
    if (encoding.volatile === true) return encoding.transform(this);
    this.#encoded ??= new Map();
    let bytes = this.#encoded.get(encoding.id);
    if (bytes === undefined) {
      bytes = encoding.transform(this);
      this.#encoded.set(encoding.id, bytes);
    }
    return bytes;
  }
}
