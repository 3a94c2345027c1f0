import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { CallContext } from './call-context.js';
import { grpcErrors } from '../errors/grpc-errors.js';
import { InFlightLocks } from '../locks/in-flight-locks.js';
import { compileRules } from '../validation/compile-rules.js';
import type { RequestCheck } from '../validation/compile-rules.js';
import { mergeNotes, notesOf } from './service-notes.js';
import type { ExclusiveKey, MethodNote, ServiceNote } from './service-notes.js';

/** A method that an object implements, ready to be called. */
export interface MethodPlan {
  readonly method: DescMethod;
  /** Calls the object's method; its input is a message or an async iterable, its result a promise or an async iterable. */
  readonly invoke: (input: unknown, context: CallContext) => unknown;
  readonly checks: readonly RequestCheck[];
  readonly exclusive: ExclusiveKey | undefined;
  readonly locks: InFlightLocks;
  readonly statusDetails: boolean;
}

export interface ServicePlan {
  readonly service: DescService;
  readonly methods: readonly MethodPlan[];
}

type Handler = (input: unknown, context: CallContext) => unknown;

/**
 * What an object's decorators say it serves.
 *
 * @throws NOT_A_SERVICE, UNKNOWN_METHOD, UNKNOWN_FIELD, EXCLUSIVE_STREAM
 */
export function planServices(instance: object): readonly ServicePlan[] {
  const services = servicesOf(instance);
  if (services.length === 0) throw grpcErrors.NOT_A_SERVICE({ class: instance.constructor.name });
  rejectUnknownMethods(instance, services);
  const locks = new InFlightLocks();
  return services.map((note) => ({
    service: note.service,
    methods: note.service.methods.flatMap((method) => planMethod(instance, note, method, locks) ?? []),
  }));
}

/**
 * The methods of a service that an object implements, itself or by inheritance: an SDK derives the capabilities that its
 * plugin advertises from them. The object's class needs no decorator.
 */
export function implementedMethods(instance: object, service: DescService): readonly DescMethod[] {
  return service.methods.filter((method) => handlerOf(instance, method) !== undefined);
}

function servicesOf(instance: object): readonly ServiceNote[] {
  const nearest = new Map<string, ServiceNote>();
  for (const { services } of notesOf(instance)) {
    for (const note of services) if (!nearest.has(note.service.typeName)) nearest.set(note.service.typeName, note);
  }
  return [...nearest.values()];
}

function planMethod(
  instance: object,
  service: ServiceNote,
  method: DescMethod,
  locks: InFlightLocks,
): MethodPlan | undefined {
  const found = handlerOf(instance, method);
  if (found === undefined) return undefined;
  const note = mergeNotes(noteOf(instance, found.property), service.methods[method.localName] ?? {});
  const streamed = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  if (streamed && note.exclusive !== undefined) throw grpcErrors.EXCLUSIVE_STREAM({ method: method.name });
  return {
    method,
    invoke: (input, context) => Reflect.apply(found.handler, instance, [input, context]),
    checks: [compileRules(method.input, { ...service.limits, ...note.rules }), ...(note.validators ?? [])],
    exclusive: note.exclusive,
    locks,
    statusDetails: service.statusDetails,
  };
}

/** The class method for an RPC: the one decorated with its name, otherwise the one that is called like it. */
function handlerOf(instance: object, method: DescMethod): { property: string; handler: Handler } | undefined {
  const named = notesOf(instance).flatMap(({ methods }) => [...methods].filter(([, note]) => note.rpc === method.name));
  const property = named[0]?.[0] ?? method.localName;
  const handler: unknown = property in instance ? Reflect.get(instance, property) : undefined;
  return isHandler(handler) ? { property, handler } : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function noteOf(instance: object, property: string): MethodNote {
  return notesOf(instance).reduce<MethodNote>((near, { methods }) => mergeNotes(near, methods.get(property) ?? {}), {});
}

function rejectUnknownMethods(instance: object, services: readonly ServiceNote[]): void {
  const known = new Set(services.flatMap(({ service }) => service.methods.map((method) => method.name)));
  for (const { methods } of notesOf(instance)) {
    for (const [property, { rpc }] of methods) {
      if (rpc === undefined || known.has(rpc)) continue;
      const names = services.map(({ service }) => service.typeName);
      throw grpcErrors.UNKNOWN_METHOD({ class: instance.constructor.name, property, method: rpc, services: names });
    }
  }
}
