import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@kubewright/core';
import { syncDirectory, writeFileDurably } from '@kubewright/linux';
import { parseTrusted } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';

/** A change of a record, right before or right after it is on disk. The phase of a record that is removed is `none`. */
export interface RecordStep {
  readonly kind: string;
  readonly phase: string;
  readonly moment: 'before' | 'after';
}

export interface RecordStoreOptions {
  readonly directory: string;
  /** What the records are of, for `onStep`. */
  readonly kind: string;
  readonly logger: Logger;
  readonly onStep?: (step: RecordStep) => void;
}

/** Records of one kind by their id. Writes of one record come one after the other. */
export class RecordStore<R extends { readonly id: string; readonly phase: string }> {
  readonly #directory: string;
  readonly #options: RecordStoreOptions;
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(options: RecordStoreOptions) {
    this.#directory = options.directory;
    this.#options = options;
  }

  /** All records; one that cannot be read is told of and left out, so that it keeps nobody else away. */
  async open(): Promise<R[]> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const found = await readdir(this.#directory);
    // What a crash left unfinished would be in the way of the next write.
    for (const name of found) if (name.startsWith('.')) await rm(join(this.#directory, name), { force: true });
    const names = found.filter((name) => /^[0-9a-f]+\.json$/.test(name));
    const records = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        try {
          return [parseTrusted<R>(await readFile(path, 'utf8'))];
        } catch (cause) {
          this.#options.logger.error('record left out', { error: runtimeErrors.RECORD_INVALID({ path }, { cause }) });
          return [];
        }
      }),
    );
    return records.flat();
  }

  /** Resolves when the record survives a power cut. */
  put(record: R): Promise<void> {
    const path = this.#path(record.id);
    return this.#next(record.id, record.phase, () =>
      writeFileDurably(path, JSON.stringify(record), { mode: 0o600, temporary: 'new' }),
    );
  }

  remove(id: string): Promise<void> {
    return this.#next(id, 'none', async () => {
      await rm(this.#path(id), { force: true });
      await syncDirectory(this.#directory);
    });
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.json`);
  }

  #next(id: string, phase: string, work: () => Promise<void>): Promise<void> {
    const { kind, onStep } = this.#options;
    const step = async (): Promise<void> => {
      onStep?.({ kind, phase, moment: 'before' });
      await work();
      onStep?.({ kind, phase, moment: 'after' });
    };
    const done = (this.#writing.get(id) ?? Promise.resolve()).then(step);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        if (this.#writing.get(id) === settled) this.#writing.delete(id);
        return undefined;
      });
    this.#writing.set(id, settled);
    return done;
  }
}
