import { Code, GrpcStatusError } from '@kubewright/grpc';

/** The answer for an id that the driver does not know. */
export function notFound(what: string, id: string): GrpcStatusError {
  return new GrpcStatusError(Code.NOT_FOUND, `there is no ${what} '${id}'`);
}

/** The answer for a name, or a target, that is taken by something which does not fit what was asked for. */
export function alreadyExists(what: string, id: string, difference: string): GrpcStatusError {
  return new GrpcStatusError(Code.ALREADY_EXISTS, `${what} '${id}' exists and ${difference}`);
}
