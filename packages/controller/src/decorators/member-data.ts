/** Data that member decorators leave on a prototype, in the order of the class body, ancestors first. */

export class MemberData<T> {
  readonly #byPrototype = new WeakMap<object, T[]>();

  add(prototype: object, item: T): void {
    const own = this.#byPrototype.get(prototype) ?? [];
    this.#byPrototype.set(prototype, own);
    own.push(item);
  }

  of(instance: object): readonly T[] {
    const chain: T[][] = [];
    for (
      let prototype: unknown = Object.getPrototypeOf(instance);
      typeof prototype === 'object' && prototype !== null;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      chain.unshift(this.#byPrototype.get(prototype) ?? []);
    }
    return chain.flat();
  }
}
