/** Since when the attachments of each node have been without a pod. What becomes wanted again, or goes, is forgotten. */
export class UnwantedSince {
  readonly #byNode = new Map<string, ReadonlyMap<string, number>>();

  /** @param unwanted - all of the node that are unwanted now. */
  update(nodeName: string, unwanted: readonly string[], now: number): ReadonlyMap<string, number> {
    const before = this.#byNode.get(nodeName);
    const since = new Map(unwanted.map((name) => [name, before?.get(name) ?? now]));
    if (since.size === 0) this.#byNode.delete(nodeName);
    else this.#byNode.set(nodeName, since);
    return since;
  }
}
