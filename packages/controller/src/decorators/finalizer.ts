import { MemberData } from './member-data.js';

interface FinalizerMember {
  readonly finalizer: string;
  readonly method: string;
}

const members = new MemberData<FinalizerMember>();

/**
 * A method that frees what an object holds outside the cluster before the object may go: `@Finalizer('web.example.com/hosting')`.
 *
 * The finalizer is put on the object before its first `reconcile`, and taken off when the method has resolved. Several run in
 * the order of the class body. The method gets the object and the context of the run; if it throws, the object stays and the
 * method is called again with backoff, so it must be idempotent.
 */
export function Finalizer(finalizer: string): MethodDecorator {
  return (prototype, method) => {
    if (typeof method === 'string') members.add(prototype, { finalizer, method });
  };
}

/** The finalizers of a reconciler and the methods behind them, in the order in which they run. */
export function finalizersOf(reconciler: object): readonly FinalizerMember[] {
  return members.of(reconciler);
}
