/** The query parameters that say which state a list or watch is about, and upstream's rules for combining them. */
import { fieldError, statusErrors } from '@kubewright/api';
import type { FieldError } from '@kubewright/api';

export interface ListOptions {
  /** Empty for the newest, `0` for any. */
  readonly resourceVersion: string;
  /** Empty, `Exact` or `NotOlderThan`. */
  readonly resourceVersionMatch: string;
  /** 0 for no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
}

/** @throws 400 for what is no revision. */
export function checkResourceVersion(text: string): void {
  if (!isUnsigned64(text))
    throw statusErrors.badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text.slice(0, 100))}: must be a decimal number of 64 bits`,
    );
}

/** @throws 400 for a resourceVersion that is none; 422 naming the parameters that do not go together. */
export function checkListOptions(options: ListOptions, watch: boolean): void {
  const found: FieldError[] = [];
  const forbid = (field: string, message: string): void => void found.push(fieldError.forbidden(field, message));
  const { resourceVersion, resourceVersionMatch: match, sendInitialEvents } = options;
  checkResourceVersion(resourceVersion);
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    found.push(fieldError.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan']));
  if (watch) {
    if (sendInitialEvents === undefined && match !== '')
      forbid(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
      forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    if (options.continue !== '') forbid('continue', 'continue is forbidden for watch');
  } else {
    if (sendInitialEvents !== undefined) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
    if (match !== '' && options.continue !== '')
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    if (match !== '' && resourceVersion === '')
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (match === 'Exact' && resourceVersion === '0')
      forbid('resourceVersionMatch', 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
    if (options.continue !== '' && resourceVersion !== '' && resourceVersion !== '0')
      forbid('resourceVersion', 'specifying resource version is not allowed when using continue');
  }
  if (found.length > 0) throw statusErrors.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', found);
}

/** Empty counts as absent. */
function isUnsigned64(text: string): boolean {
  return /^\d{0,20}$/.test(text) && BigInt.asUintN(64, BigInt(text)) === BigInt(text);
}
