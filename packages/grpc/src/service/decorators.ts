import type { DescService, Message, MessageShape } from '@bufbuild/protobuf';
import type { RequestLimits, RequestRules } from '../validation/rules.js';
import type { ServiceHandlers } from './handlers.js';
import { mergeNotes, notesOn } from './service-notes.js';
import type { ExclusiveKey, MethodNote, RequestValidator } from './service-notes.js';

/** What an SDK's base class says about a method that only its subclasses implement. */
export interface MethodOptions<M extends Message> {
  readonly rules?: RequestRules<M>;
  /** A check of the whole request, where rules cannot say it. */
  readonly validate?: RequestValidator<M>;
  readonly exclusiveBy?: ExclusiveKey<M>;
}

export interface ServiceOptions<S extends DescService> {
  /** Limits for the requests of all methods. Default: none. */
  readonly limits?: RequestLimits;
  /** Rules and locks by method. A method's decorators add to what these require, and win over their limits and lock. */
  readonly methods?: { readonly [K in keyof S['method']]?: MethodOptions<MessageShape<S['method'][K]['input']>> };
  /** Whether details of a `GrpcStatusError` are sent. Default: false, because some interfaces (CSI) forbid them. */
  readonly statusDetails?: boolean;
}

/** `constructor` is there so that a class which implements no method yet is accepted too. */
type Implements<S extends DescService> = ServiceHandlers<S> & { constructor: unknown };

/**
 * Says that a class implements a service. Subclasses inherit it; a class may carry it several times, for services whose
 * methods have different names.
 */
export function GrpcService<S extends DescService>(service: S, options: ServiceOptions<S> = {}) {
  return (target: abstract new (...args: never[]) => Implements<S>): void => {
    const methods: Record<string, MethodNote> = {};
    for (const [name, method] of Object.entries<MethodOptions<never> | undefined>(options.methods ?? {}))
      methods[name] = noteOf(method ?? {});
    const prototype: object = target.prototype;
    notesOn(prototype).services.push({
      service,
      limits: options.limits ?? {},
      statusDetails: options.statusDetails ?? false,
      methods,
    });
  };
}

/** Says which method of the service a class method implements, by its name in the interface (`CreateVolume`). */
export function GrpcMethod(name: string): DecoratorOf<(...input: never[]) => unknown> {
  return note({ rpc: name });
}

type RequestMethod<M extends Message> = (request: M, ...rest: never[]) => unknown;
/** A decorator that fits methods of one shape only. */
type DecoratorOf<Method> = <F extends Method>(
  prototype: object,
  property: string,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/** Checks each request before the method runs: rules as data, or a function that finds a violation. */
export function ValidateRequest<M extends Message>(
  check: RequestRules<M> | RequestValidator<M>,
): DecoratorOf<RequestMethod<M>> {
  return note(noteOf<M>(typeof check === 'function' ? { validate: check } : { rules: check }));
}

/**
 * Lets only one call at a time work on a key; a second one answers ABORTED. The key is held until the method itself has
 * ended, also when its caller has gone. Keys are shared by all methods of one service object.
 */
export function ExclusiveBy<M extends Message>(key: ExclusiveKey<M>): DecoratorOf<RequestMethod<M>> {
  return note(noteOf({ exclusiveBy: key }));
}

function note(added: MethodNote): (prototype: object, property: string) => void {
  return (prototype, property) => {
    const { methods } = notesOn(prototype);
    methods.set(property, mergeNotes(methods.get(property) ?? {}, added));
  };
}

/** Forgets the type of the requests: a plan hands each method only its own. */
function noteOf<M extends Message>({ rules, validate, exclusiveBy }: MethodOptions<M>): MethodNote {
  return {
    ...(rules && { rules: rules as RequestRules }),
    ...(validate && { validators: [validate as RequestValidator] }),
    ...(exclusiveBy && { exclusive: exclusiveBy as ExclusiveKey }),
  };
}
