/** A list that is filled at its end and emptied at its front, both in constant time. */
export class Fifo<V> {
  #items: V[] = [];
  #head = 0;

  get first(): V | undefined {
    return this.#items[this.#head];
  }

  push(value: V): void {
    this.#items.push(value);
  }

  shift(): V | undefined {
    if (this.#head >= this.#items.length) return undefined;
    const value = this.#items[this.#head++];
    if (this.#head > 512 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    } else if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    }
    return value;
  }
}
