import { ScalarType, create, toBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage, DescMethod, Message } from '@bufbuild/protobuf';
import type { Random } from '@kubewright/core';
import { Choices } from '../generate.js';

/** Ids that the runtime has given out. */
export interface KnownIds {
  readonly pods: readonly string[];
  readonly containers: readonly string[];
  readonly images: readonly string[];
}

const junkShare = 0.02;
const damagedShare = 0.08;
const deepest = 5;
/** Without these hardly any request means anything. */
const always = [
  'config',
  'metadata',
  'image',
  'sandbox_config',
  'pod_sandbox_id',
  'container_id',
  'name',
  'uid',
  'namespace',
  'cmd',
];
const junk = [
  '',
  '..',
  '/',
  '/../../etc',
  '\0',
  'é'.repeat(70),
  'x'.repeat(5000),
  '{}',
  '-1',
  'a\nb',
  '%s%n',
  '__proto__',
];

/** Makes requests most of which are plausible: names from small pools, so that they meet and collide. */
export class RequestMaker {
  readonly #choices: Choices;
  readonly #ids: KnownIds;

  constructor(random: Random, ids: KnownIds) {
    this.#choices = new Choices(random);
    this.#ids = ids;
  }

  /** The bytes of a request; some are damaged, after which they may mean anything. */
  request(method: DescMethod): Buffer {
    const choices = this.#choices;
    const bytes = Buffer.from(toBinary(method.input, this.#message(method.input, 0)));
    if (!choices.chance(damagedShare) || bytes.length === 0) return bytes;
    for (let flips = 1 + choices.below(4); flips > 0; flips--) bytes[choices.below(bytes.length)] = choices.below(256);
    return choices.chance(0.3) ? bytes.subarray(0, choices.below(bytes.length)) : bytes;
  }

  #message(desc: DescMessage, depth: number): Message {
    const init: Record<string, unknown> = {};
    for (const field of desc.fields) {
      const share = always.includes(field.name) ? 0.99 : depth === 0 ? 0.6 : 0.3;
      if (this.#choices.chance(share)) init[field.localName] = this.#value(field, depth);
    }
    return create(desc, init);
  }

  #value(field: DescField, depth: number): unknown {
    if (field.fieldKind === 'map') return { [this.#choices.of(['app', 'tier'])]: this.#choices.of(['a', 'b']) };
    if (field.fieldKind === 'list') {
      return Array.from({ length: this.#choices.below(3) }, () => this.#single(field, depth));
    }
    return this.#single(field, depth);
  }

  #single(field: DescField, depth: number): unknown {
    const choices = this.#choices;
    if (field.message !== undefined)
      return depth < deepest ? this.#message(field.message, depth + 1) : create(field.message);
    if (field.enum !== undefined)
      return choices.chance(0.98) ? choices.of(field.enum.values).number : choices.below(1000);
    switch (field.scalar) {
      case ScalarType.BOOL:
        return choices.chance(0.2);
      case ScalarType.INT64:
      case ScalarType.UINT64:
        return BigInt(choices.of([0, 1, 2, 1024, 2 ** 40]));
      case ScalarType.BYTES:
        return Buffer.from(choices.text());
      case ScalarType.STRING:
        return choices.chance(junkShare) ? choices.of(junk) : this.#text(field);
      default:
        return choices.below(3);
    }
  }

  #text({ name, parent }: DescField): string {
    const choices = this.#choices;
    const { pods, containers, images } = this.#ids;
    if (name === 'pod_sandbox_id') return this.#known(pods);
    if (name === 'container_id') return this.#known(containers);
    if (name === 'id') return this.#known([...pods, ...containers]);
    if (name === 'image') return choices.chance(0.5) ? this.#known(images) : `example.com/app${choices.below(4)}:1`;
    if (name === 'runtime_handler') return choices.chance(0.9) ? '' : 'pretended';
    if (parent.name.endsWith('Metadata')) return `${name}-${choices.below(3)}`;
    if (name.endsWith('_path') || name === 'log_directory') return `/fuzz/${name}`;
    return choices.of(['', 'one', 'two']);
  }

  #known(ids: readonly string[]): string {
    return ids.length > 0 && this.#choices.chance(0.95) ? this.#choices.of(ids) : `unknown-${this.#choices.below(3)}`;
  }
}
