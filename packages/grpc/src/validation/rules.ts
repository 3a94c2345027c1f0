import type { Message } from '@bufbuild/protobuf';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';

/** The fields and oneofs of a message type, by their names in TypeScript. */
export type FieldName<M extends Message> = Exclude<Extract<keyof M, string>, '$typeName' | '$unknown'>;

/** Limits that hold for every field of a request, those of nested messages included. */
export interface RequestLimits {
  /** The longest string in UTF-8 bytes. Default: unlimited. */
  readonly maxStringBytes?: number;
  /** The largest map of strings: bytes of all keys and values together. Default: unlimited. */
  readonly maxMapBytes?: number;
  /** Whether a number that its enum does not list is refused. Default: false. */
  readonly knownEnums?: boolean;
}

export interface RequestRules<M extends Message = Message> extends RequestLimits {
  /** Fields that must be set: a non-empty string, list or map, a number other than 0, a message, one member of a oneof. */
  readonly required?: readonly FieldName<M>[];
  /** The most bytes of single fields (string, bytes, or map), in place of the general limits. */
  readonly maxBytes?: { readonly [F in FieldName<M>]?: number };
}

/** A field that a request got wrong. */
export interface FieldViolation {
  /** The path in the interface's own names, as `volume_capabilities[0].access_mode.mode`. */
  readonly field: string;
  /** What is wrong, as the end of a sentence: `is required`. */
  readonly reason: string;
}

/** The error INVALID_ARGUMENT that names a field. */
export function invalidArgument({ field, reason }: FieldViolation): GrpcStatusError {
  return new GrpcStatusError(Code.INVALID_ARGUMENT, `${field} ${reason}`);
}
