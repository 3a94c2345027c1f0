/** Which collections of a server cannot be read as a watch-list. Shared by the reflectors of one server, for as long as they live. */
export class WatchListMemory {
  readonly #unsupported = new Set<string>();

  /** @param collection - the collection's path. */
  isSupported(collection: string): boolean {
    return !this.#unsupported.has(collection);
  }

  markUnsupported(collection: string): void {
    this.#unsupported.add(collection);
  }
}
