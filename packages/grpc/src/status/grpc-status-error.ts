import { create } from '@bufbuild/protobuf';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { Any } from '@bufbuild/protobuf/wkt';
import { KubewrightError } from '@kubewright/core';
import { Code, codeName } from './code.js';
import { codeOfErrno } from './errno.js';
import { unpackDetails } from './status-details.js';

/** HTTP/2 peers refuse large header blocks (8 KiB is a common limit), and the text travels percent-encoded in one. */
const longestText = 2048;

const brand = Symbol.for('@kubewright/grpc/GrpcStatusError');

/**
 * A call that ended with a status other than OK: what a handler throws to answer one, and what a client's call rejects
 * with. `from` makes one of any thrown value.
 */
export class GrpcStatusError extends KubewrightError {
  readonly [brand] = true;
  /** The numeric status code. */
  readonly status: Code;
  /** What the caller of the RPC reads; without the code, never with a stack. */
  readonly text: string;
  /** Typed messages about the failure. Sent only by services that allow them (`statusDetails`). */
  readonly statusDetails: readonly Any[];

  constructor(status: Code, text: string, options: ErrorOptions & { readonly statusDetails?: readonly Any[] } = {}) {
    const shown = withoutStack(text);
    super('KW_GRPC_STATUS', `${codeName(status)}: ${shown}`, { status: codeName(status) }, options);
    this.name = 'GrpcStatusError';
    this.status = status;
    this.text = shown;
    this.statusDetails = options.statusDetails ?? [];
  }

  static override is(value: unknown): value is GrpcStatusError {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /** The same error with one more detail message. */
  withDetail<D extends DescMessage>(desc: D, detail: MessageInitShape<D>): GrpcStatusError {
    const statusDetails = [...this.statusDetails, anyPack(desc, create(desc, detail))];
    return new GrpcStatusError(this.status, this.text, { cause: this.cause, statusDetails });
  }

  /**
   * Makes a status of any thrown value: a `GrpcStatusError` stays itself; an error of grpc-js keeps its code and
   * details; an abort is CANCELLED, a timeout DEADLINE_EXCEEDED; a system error, also as the cause of another error,
   * has the code of its errno; anything else is UNKNOWN with the error's message.
   */
  static from(value: unknown): GrpcStatusError {
    if (GrpcStatusError.is(value)) return value;
    if (!(value instanceof Error)) return new GrpcStatusError(Code.UNKNOWN, String(value));
    if (isServiceError(value)) {
      const statusDetails = unpackDetails(value.metadata?.get('grpc-status-details-bin')[0]);
      return new GrpcStatusError(Code[codeName(value.code)], value.details, { cause: value, statusDetails });
    }
    return new GrpcStatusError(codeOf(value), value.message, { cause: value });
  }
}

/** Chains of causes longer than this are taken as endless. */
const deepestCause = 8;

function codeOf(error: Error): Code {
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < deepestCause; depth++, at = at.cause) {
    if (GrpcStatusError.is(at)) return at.status;
    if (at.name === 'AbortError') return Code.CANCELLED;
    if (at.name === 'TimeoutError') return Code.DEADLINE_EXCEEDED;
    const code = codeOfErrno('code' in at ? at.code : undefined);
    if (code !== undefined) return code;
  }
  return Code.UNKNOWN;
}

/** The shape of errors that grpc-js gives to clients. */
interface ServiceErrorShape extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata?: { get(key: string): readonly (string | Uint8Array)[] };
}

function isServiceError(error: Error): error is ServiceErrorShape {
  return 'code' in error && typeof error.code === 'number' && 'details' in error && typeof error.details === 'string';
}

/** Messages of failed commands may quote a stack of another program; the caller gets the message alone. */
function withoutStack(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s+at .+(:\d+|\)|<anonymous>)$/.test(line));
  const joined = lines.join('\n').trimEnd();
  return joined.length > longestText ? `${joined.slice(0, longestText)}…` : joined;
}
