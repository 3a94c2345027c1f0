import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock, Random } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { syncDirectory, writeFileDurably } from '@kubewright/linux';
import { storageErrors } from '../errors.js';
import type { StoredRecord } from './records.js';

/** Records of one kind: in memory for reading, on disk before a change is said to have happened. */
export class RecordFiles<R extends StoredRecord> {
  readonly #directory: string;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #byId = new Map<string, R>();
  readonly #byName = new Map<string, R>();
  #lastNumber = 0;

  private constructor(directory: string, services: { readonly clock: Clock; readonly random: Random }) {
    this.#directory = directory;
    this.#random = services.random;
    this.#clock = services.clock;
  }

  /** Reads what is there. Files that a crash left unfinished are removed. @throws RECORD_UNREADABLE */
  static async open<R extends StoredRecord>(
    directory: string,
    services: { readonly clock: Clock; readonly random: Random },
  ): Promise<RecordFiles<R>> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const files = new RecordFiles<R>(directory, services);
    for (const name of await readdir(directory)) {
      if (name.startsWith('.')) await rm(join(directory, name));
      else if (name.endsWith('.json')) files.#keep(await readRecord<R>(join(directory, name)));
    }
    return files;
  }

  get(id: string): R | undefined {
    return this.#byId.get(id);
  }

  named(name: string): R | undefined {
    return this.#byName.get(name);
  }

  /** All records, oldest first. */
  all(): readonly R[] {
    return [...this.#byId.values()].sort((a, b) => a.number - b.number);
  }

  /** A number for a new record: larger than any before it, also of records that are gone. */
  nextNumber(): number {
    this.#lastNumber = Math.max(this.#lastNumber + 1, this.#clock.now());
    return this.#lastNumber;
  }

  /** Resolves when the record would survive a power cut. */
  async put(record: R): Promise<void> {
    await writeFileDurably(this.#path(record.id), encode(record), { mode: 0o600, temporary: this.#random.uuid() });
    this.#keep(record);
  }

  /** As `put`, for a record that is to be no more. */
  async remove(record: R): Promise<void> {
    await rm(this.#path(record.id), { force: true });
    await syncDirectory(this.#directory);
    this.#byId.delete(record.id);
    this.#byName.delete(record.name);
  }

  #keep(record: R): void {
    this.#byId.set(record.id, record);
    this.#byName.set(record.name, record);
    this.#lastNumber = Math.max(this.#lastNumber, record.number);
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

/** Sizes are bigint, which JSON does not know: they are kept as text under their own names. */
const sizeField = 'bytes';

function encode(record: StoredRecord): string {
  return `${JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2)}\n`;
}

async function readRecord<R extends StoredRecord>(path: string): Promise<R> {
  try {
    const text = await readFile(path, 'utf8');
    const bigints = (key: string, value: unknown): unknown => (key === sizeField ? BigInt(String(value)) : value);
    const record = JSON.parse(text, bigints) as R;
    if (record.id !== basename(path, '.json')) throw new Error('it is not the record that its name says');
    return record;
  } catch (cause) {
    throw storageErrors.RECORD_UNREADABLE({ path, reason: messageOf(cause) }, { cause });
  }
}
