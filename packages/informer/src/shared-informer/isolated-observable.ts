import { Observable, Subscriber } from 'rxjs';
import type { Observer, Operator, Subscription } from 'rxjs';

/**
 * An Observable whose subscribers cannot hurt others: what one throws is reported, and it goes on getting values. Plain
 * RxJS would throw it again from a timer, which ends the process. Observables made from this one by operators behave so
 * too; there an error that an operator raises ends that one subscription, as always in RxJS.
 */
export class IsolatedObservable<T> extends Observable<T> {
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void, subscribe?: (subscriber: Subscriber<T>) => () => unknown) {
    super(subscribe);
    this.#onError = onError;
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new IsolatedObservable<R>(this.#onError);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observer?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // Between operators a failure must travel on: only the end of the chain is guarded.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const given: Partial<Observer<T>> =
      typeof observer === 'object' && observer !== null
        ? observer
        : { ...(observer && { next: observer }), ...(error && { error }), ...(complete && { complete }) };
    const guard = (work: () => void): void => {
      try {
        work();
      } catch (thrown) {
        this.#onError(thrown);
      }
    };
    return super.subscribe({
      next: (value) => guard(() => given.next?.(value)),
      error: (reason: unknown) =>
        given.error === undefined ? this.#onError(reason) : guard(() => given.error?.(reason)),
      complete: () => guard(() => given.complete?.()),
    });
  }
}
