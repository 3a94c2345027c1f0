import { Code, GrpcStatusError, codeOfErrno } from '@kubewright/grpc';
import { KubewrightError } from '@kubewright/core';
import { linuxErrors } from '@kubewright/linux';
import { csiErrors } from '../errors.js';

const codes: readonly [{ is(value: unknown): boolean }, Code][] = [
  [csiErrors.TARGET_CONFLICT, Code.ALREADY_EXISTS],
  [csiErrors.TARGET_KIND, Code.FAILED_PRECONDITION],
  [csiErrors.TARGET_NOT_EMPTY, Code.FAILED_PRECONDITION],
  [csiErrors.FILE_SYSTEM_MISMATCH, Code.FAILED_PRECONDITION],
  [csiErrors.DEVICE_UNFORMATTED, Code.FAILED_PRECONDITION],
  [csiErrors.FILE_SYSTEM_UNKNOWN, Code.INVALID_ARGUMENT],
  [csiErrors.COMMAND_TIMEOUT, Code.DEADLINE_EXCEEDED],
  [csiErrors.COMMAND_MISSING, Code.FAILED_PRECONDITION],
];

/** The status for errors of the mount helpers and of system calls; undefined for all others. */
export function mapError(error: unknown): GrpcStatusError | undefined {
  if (!KubewrightError.is(error) || GrpcStatusError.is(error)) return undefined;
  const known = codes.find(([kind]) => kind.is(error))?.[1];
  const code = known ?? (linuxErrors.SYSCALL.is(error) ? codeOfErrno(error.details.errno) : undefined);
  return new GrpcStatusError(code ?? Code.INTERNAL, error.message, { cause: error });
}
