import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { StatusSchema } from '../generated/google/rpc/status_pb.js';
import type { Code } from './code.js';

/** Encodes the trailer `grpc-status-details-bin`: a google.rpc.Status with the details. */
export function packDetails(code: Code, message: string, details: readonly Any[]): Buffer {
  return Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, message, details: [...details] })));
}

/** Decodes the trailer. What cannot be decoded counts as no details: the status itself still says what went wrong. */
export function unpackDetails(trailer: string | Uint8Array | undefined): readonly Any[] {
  if (trailer === undefined || typeof trailer === 'string') return [];
  try {
    return fromBinary(StatusSchema, trailer).details;
  } catch {
    return [];
  }
}
