import type { Contributions } from '../plugin/contributions.js';

/** What consumers of an extension point hold on to; read anew after each change. */
export class ContributionList implements Contributions<unknown> {
  readonly #read: () => readonly unknown[];
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #all: readonly unknown[] | undefined;

  constructor(read: () => readonly unknown[]) {
    this.#read = read;
  }

  get all(): readonly unknown[] {
    return (this.#all ??= this.#read());
  }

  observe(call: () => void): Disposable {
    const listener = { call };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  changed(): void {
    this.#all = undefined;
    for (const { call } of this.#listeners) call();
  }
}
