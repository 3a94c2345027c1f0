import { controllerErrors } from '../errors/controller-errors.js';
import { MemberData } from './member-data.js';

interface FinalizerMember {
  readonly finalizer: string;
  readonly method: string | symbol;
}

const members = new MemberData<FinalizerMember>();

/**
 * A method that frees what an object holds outside the cluster before the object may go: `@Finalizer('web.example.com/hosting')`.
 *
 * The finalizer is put on the object before its first `reconcile`, and taken off when the method has resolved. Several run in
 * the order of the class body. The method gets the object and the context of the run; if it throws, the object stays and the
 * method is called again with backoff, so it must be idempotent. A subclass that overrides the method may repeat the decorator.
 */
export function Finalizer(finalizer: string): MethodDecorator {
  return (prototype, method) => {
    members.add(prototype, { finalizer, method });
  };
}

/**
 * The finalizers of a reconciler and the methods behind them, each once, in the order in which they run.
 *
 * @throws DUPLICATE_FINALIZER where two methods have the same.
 */
export function finalizersOf(reconciler: object): readonly FinalizerMember[] {
  const byFinalizer = new Map<string, FinalizerMember>();
  for (const member of members.of(reconciler)) {
    const { finalizer, method } = member;
    const first = byFinalizer.get(finalizer);
    if (first !== undefined && first.method !== method)
      throw controllerErrors.DUPLICATE_FINALIZER({
        className: reconciler.constructor.name,
        finalizer,
        methods: [String(first.method), String(method)],
      });
    if (first === undefined) byFinalizer.set(finalizer, member);
  }
  return [...byFinalizer.values()];
}
