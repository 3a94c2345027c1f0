import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { messageOf } from '@kubewright/core';

/** Runs `read` and words its failure as one of the configuration. */
export function attempt<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw CniError.invalidConfig(field, `is wrong: ${messageOf(cause)}`);
  }
}

/** What stands where text should; anything else is shown as it was written. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The error of a key that would be obeyed only in part. */
export function unsupportedField(field: string, hint: string): CniError {
  return new CniError(cniErrorCode.unsupportedField, `the field '${field}' is not supported as it is set`, hint);
}
