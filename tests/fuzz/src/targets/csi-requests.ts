import { create, toBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage, DescMethod, Message } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import type { Random } from '@kubewright/core';

/** Ids that the driver has given out, so that requests meet things that exist. */
export interface KnownIds {
  readonly volumes: readonly string[];
  readonly snapshots: readonly string[];
  readonly groups: readonly string[];
}

const junkShare = 0.04;
const mutatedShare = 0.08;
const deepest = 3;

/** Makes requests most of which are plausible: names and paths from small pools, so that they meet and collide. */
export class RequestMaker {
  readonly #random: Random;
  readonly #ids: KnownIds;

  constructor(random: Random, ids: KnownIds) {
    this.#random = random;
    this.#ids = ids;
  }

  /** The bytes of a request; some are damaged, after which a field may be another. */
  request(method: DescMethod): { readonly bytes: Buffer; readonly damaged: boolean } {
    const bytes = Buffer.from(toBinary(method.input, this.#message(method.input, 0)));
    if (this.#random.next() >= mutatedShare || bytes.length === 0) return { bytes, damaged: false };
    for (let flips = 1 + this.#below(4); flips > 0; flips--) bytes[this.#below(bytes.length)] = this.#below(256);
    const cut = this.#random.next() < 0.3 ? this.#below(bytes.length) : bytes.length;
    return { bytes: bytes.subarray(0, cut), damaged: true };
  }

  #message(desc: DescMessage, depth: number): Message {
    const init: Record<string, unknown> = {};
    for (const member of desc.members) {
      if (member.kind === 'oneof') {
        const field = this.#pick(member.fields);
        init[member.localName] = { case: field.localName, value: this.#value(field, depth) };
      } else if (this.#present(member)) init[member.localName] = this.#value(member, depth);
    }
    return create(desc, init);
  }

  /** What is rarely set in life, because nearly every value of it is refused, is rarely set here. */
  #present(field: DescField): boolean {
    const rare = [
      'parameters',
      'mutable_parameters',
      'volume_content_source',
      'starting_token',
      'volume_context',
      'snapshot_ids',
    ];
    if (rare.includes(field.name)) return this.#random.next() < 0.08;
    return this.#random.next() < 0.97;
  }

  #value(field: DescField, depth: number): unknown {
    if (field.fieldKind === 'map') return this.#map(field.name);
    if (field.fieldKind === 'list') {
      const length = this.#random.next() < 0.95 ? 1 : this.#below(4);
      return Array.from({ length }, () => this.#single(field, depth));
    }
    return this.#single(field, depth);
  }

  #single(field: DescField, depth: number): unknown {
    if (field.message !== undefined) {
      return depth < deepest ? this.#message(field.message, depth + 1) : create(field.message, {});
    }
    if (field.enum !== undefined) return this.#random.next() < 0.98 ? 1 + this.#below(7) : this.#below(1000);
    switch (field.scalar) {
      case ScalarType.BOOL:
        return this.#random.next() < 0.2;
      case ScalarType.INT64:
        return this.#random.next() < 1 - junkShare ? this.#size(field.name) : BigInt(this.#below(2 ** 31)) * -7n;
      case ScalarType.INT32:
        return this.#random.next() < 1 - junkShare ? this.#below(5) : -1;
      default:
        return this.#random.next() < 1 - junkShare ? this.#text(field.name) : this.#junk();
    }
  }

  #size(name: string): bigint {
    const bytes = BigInt(this.#below(1 << 20));
    return name === 'limit_bytes' ? bytes + (1n << 21n) : bytes;
  }

  #text(name: string): string {
    if (name.endsWith('volume_id') || name === 'source_volume_ids') return this.#known(this.#ids.volumes);
    if (name.startsWith('group_snapshot_id')) return this.#known(this.#ids.groups);
    if (name.startsWith('snapshot_id')) return this.#known(this.#ids.snapshots);
    if (name.endsWith('_path')) return `/fuzz/${name}-${this.#below(4)}`;
    if (name === 'node_id') return 'node-1';
    if (name === 'name') return `name-${this.#below(6)}`;
    return '';
  }

  #known(ids: readonly string[]): string {
    return ids.length > 0 && this.#random.next() < 0.9 ? this.#pick(ids) : `unknown-${this.#below(3)}`;
  }

  #map(name: string): Record<string, string> {
    if (name === 'mutable_parameters') return { directoryMode: this.#random.next() < 0.8 ? '0770' : 'rwx' };
    if (name === 'secrets') return { token: 'hidden' };
    return this.#random.next() < 0.5 ? { 'csi.storage.k8s.io/pvc/name': 'claim' } : { [this.#junk()]: this.#junk() };
  }

  #junk(): string {
    return this.#pick([
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
    ]);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }
}
