import type { DescService, Message } from '@bufbuild/protobuf';
import type { FieldViolation, RequestLimits, RequestRules } from '../validation/rules.js';

/** A check of a whole request, where data cannot say it. */
export type RequestValidator<M extends Message = Message> = (request: M) => FieldViolation | undefined;

/** Names what only one call at a time may work on; undefined where this request needs no lock. */
export type ExclusiveKey<M extends Message = Message> = (request: M) => string | undefined;

/** What decorators and options say about one method. */
export interface MethodNote {
  /** The method's name in the interface, where the class calls it otherwise. */
  readonly rpc?: string;
  readonly rules?: RequestRules;
  readonly validators?: readonly RequestValidator[];
  readonly exclusive?: ExclusiveKey;
}

export interface ServiceNote {
  readonly service: DescService;
  readonly limits: RequestLimits;
  readonly statusDetails: boolean;
  /** By the method's name in TypeScript. */
  readonly methods: Readonly<Record<string, MethodNote>>;
}

interface Notes {
  readonly services: ServiceNote[];
  readonly methods: Map<string, MethodNote>;
}

/** A registered symbol, so that two copies of this package read each other's decorators. */
const key = Symbol.for('@kubewright/grpc/notes');

/** The notes on a prototype itself, made when there are none. */
export function notesOn(prototype: object): Notes {
  const own = ownNotes(prototype);
  if (own !== undefined) return own;
  const value: Notes = { services: [], methods: new Map() };
  Object.defineProperty(prototype, key, { value });
  return value;
}

function ownNotes(prototype: object): Notes | undefined {
  return Object.getOwnPropertyDescriptor(prototype, key)?.value as Notes | undefined;
}

/** The notes of an object's class and its ancestors, nearest first. */
export function notesOf(instance: object): readonly Notes[] {
  const found: Notes[] = [];
  for (let at: object | null = Object.getPrototypeOf(instance); at !== null;) {
    const own = ownNotes(at);
    if (own !== undefined) found.push(own);
    at = Object.getPrototypeOf(at);
  }
  return found;
}

/**
 * One note of two: of the name, the lock and each limit the nearer one wins; what either requires or validates applies, so
 * that a subclass adds to the checks of its base and does not lose them.
 */
export function mergeNotes(near: MethodNote, far: MethodNote): MethodNote {
  const rules = near.rules && far.rules ? mergeRules(near.rules, far.rules) : (near.rules ?? far.rules);
  const validators = [...(far.validators ?? []), ...(near.validators ?? [])];
  return { ...far, ...near, ...(rules && { rules }), validators };
}

function mergeRules(near: RequestRules, far: RequestRules): RequestRules {
  return {
    ...far,
    ...near,
    required: [...(far.required ?? []), ...(near.required ?? [])],
    maxBytes: { ...far.maxBytes, ...near.maxBytes },
  };
}
