import type { Message } from '@bufbuild/protobuf';
import { ValidateRequest } from '@kubewright/grpc';
import type { RequestValidator } from '@kubewright/grpc';

/**
 * Adds checks to methods that only subclasses implement, where a decorator cannot stand: it notes the check on the
 * prototype, which is all the decorator needs.
 */
export function validateRequests(
  prototype: object,
  validators: Readonly<Record<string, RequestValidator<never>>>,
): void {
  for (const [method, validator] of Object.entries(validators)) {
    ValidateRequest<Message>(validator as RequestValidator)(prototype, method, {});
  }
}
