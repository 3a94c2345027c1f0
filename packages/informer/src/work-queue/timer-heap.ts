/** What a `TimerHeap` orders. The heap keeps `heapIndex`; -1 means that the item is in none. */
export interface HeapItem {
  readyAt: number;
  heapIndex: number;
}

/** A binary heap by `readyAt` in which an item can be moved or removed at any place. */
export class TimerHeap<I extends HeapItem> {
  readonly #items: I[] = [];

  get first(): I | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: I): void {
    item.heapIndex = this.#items.push(item) - 1;
    this.#rise(item);
  }

  /** To be called after `readyAt` became smaller. */
  moveUp(item: I): void {
    this.#rise(item);
  }

  remove(item: I): void {
    const last = this.#items.pop();
    const at = item.heapIndex;
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.#place(last, at);
    this.#rise(last);
    this.#sink(last);
  }

  clear(): void {
    for (const item of this.#items) item.heapIndex = -1;
    this.#items.length = 0;
  }

  #rise(item: I): void {
    let at = item.heapIndex;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || parent.readyAt <= item.readyAt) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(item, at);
  }

  #sink(item: I): void {
    let at = item.heapIndex;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt];
      if (child === undefined) break;
      const right = this.#items[childAt + 1];
      if (right !== undefined && right.readyAt < child.readyAt) {
        child = right;
        childAt++;
      }
      if (child.readyAt >= item.readyAt) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }

  #place(item: I, at: number): void {
    this.#items[at] = item;
    item.heapIndex = at;
  }
}
