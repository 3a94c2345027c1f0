import { Code } from './code.js';

/** What a failed system call means to the caller of a plugin. An errno that is not here is UNKNOWN. */
const codes: Readonly<Record<string, Code>> = {
  ENOENT: Code.NOT_FOUND,
  ENODEV: Code.NOT_FOUND,
  ENXIO: Code.NOT_FOUND,
  ESRCH: Code.NOT_FOUND,
  EEXIST: Code.ALREADY_EXISTS,
  EACCES: Code.PERMISSION_DENIED,
  EPERM: Code.PERMISSION_DENIED,
  EROFS: Code.FAILED_PRECONDITION,
  EBUSY: Code.FAILED_PRECONDITION,
  ENOTEMPTY: Code.FAILED_PRECONDITION,
  ENOTDIR: Code.FAILED_PRECONDITION,
  EISDIR: Code.FAILED_PRECONDITION,
  ESTALE: Code.FAILED_PRECONDITION,
  ENOTCONN: Code.FAILED_PRECONDITION,
  EINVAL: Code.INVALID_ARGUMENT,
  ENAMETOOLONG: Code.INVALID_ARGUMENT,
  ERANGE: Code.OUT_OF_RANGE,
  EFBIG: Code.OUT_OF_RANGE,
  ENOSPC: Code.RESOURCE_EXHAUSTED,
  EDQUOT: Code.RESOURCE_EXHAUSTED,
  EMFILE: Code.RESOURCE_EXHAUSTED,
  ENFILE: Code.RESOURCE_EXHAUSTED,
  ENOMEM: Code.RESOURCE_EXHAUSTED,
  EAGAIN: Code.UNAVAILABLE,
  ECONNREFUSED: Code.UNAVAILABLE,
  ECONNRESET: Code.UNAVAILABLE,
  EPIPE: Code.UNAVAILABLE,
  EHOSTUNREACH: Code.UNAVAILABLE,
  ENETUNREACH: Code.UNAVAILABLE,
  ETIMEDOUT: Code.DEADLINE_EXCEEDED,
  ECANCELED: Code.CANCELLED,
  ENOSYS: Code.UNIMPLEMENTED,
  ENOTSUP: Code.UNIMPLEMENTED,
  EOPNOTSUPP: Code.UNIMPLEMENTED,
  EIO: Code.INTERNAL,
};

/** The status code for an error's `code` property, where that names an errno. */
export function codeOfErrno(errno: unknown): Code | undefined {
  return typeof errno === 'string' && Object.hasOwn(codes, errno) ? codes[errno] : undefined;
}
