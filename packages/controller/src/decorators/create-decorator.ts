/**
 * Decorators of one's own, for `reconcile` and finalizer methods: what surrounds a run (a retry, a lock, a time measured)
 * becomes a word above the method.
 */

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** What a decorator may know of the call it surrounds. */
export interface MethodCall {
  /** The object whose method is called. */
  readonly target: object;
  readonly method: string;
  readonly args: readonly unknown[];
}

/**
 * Makes a method decorator from a function around the call.
 *
 * ```ts
 * const WithLock = (lock: Lock) => createDecorator(async (call, next) => {
 *   await using held = await lock.acquire();
 *   return next();
 * });
 * ```
 *
 * @param around - calls `next` as often as it likes and answers for the method. Decorators further down are inside `next`.
 */
export function createDecorator(
  around: (call: MethodCall, next: () => Promise<unknown>) => Promise<unknown>,
): MethodDecorator {
  return <M>(_prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<M>) => {
    const original = descriptor.value as AsyncMethod;
    const wrapped = function (this: object, ...args: never[]): Promise<unknown> {
      return around({ target: this, method: String(name), args }, () => original.apply(this, args));
    };
    return { ...descriptor, value: wrapped as M };
  };
}

/** One decorator that does what several do, the first outermost. */
export function composeDecorators(...decorators: readonly MethodDecorator[]): MethodDecorator {
  return <M>(prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<M>) =>
    decorators.reduceRight<TypedPropertyDescriptor<M>>(
      (inner, decorator) => decorator(prototype, name, inner) ?? inner,
      descriptor,
    );
}
