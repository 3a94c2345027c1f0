import { CniError, cniErrorCode } from '@kubewright/cni-sdk';

/** The error of a key that would be obeyed only in part. */
export function unsupportedField(field: string, hint: string): CniError {
  return new CniError(cniErrorCode.unsupportedField, `the field '${field}' is not supported as it is set`, hint);
}
