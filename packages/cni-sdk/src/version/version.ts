/** Versions of the CNI specification: which there are, how they compare, which verbs they have. */
import { isOneOf } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';

/** Every released version, oldest first. */
export const cniVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

export type CniVersion = (typeof cniVersions)[number];

export const newestVersion: CniVersion = '1.1.0';
/** What a configuration without `cniVersion` speaks. */
export const oldestVersion: CniVersion = '0.1.0';

export function isCniVersion(text: string): text is CniVersion {
  return isOneOf(cniVersions, text);
}

/** Below 0, 0 or above 0, in the order of release. */
export function compareVersions(left: CniVersion, right: CniVersion): number {
  return cniVersions.indexOf(left) - cniVersions.indexOf(right);
}

export function isAtLeast(version: CniVersion, minimum: CniVersion): boolean {
  return compareVersions(version, minimum) >= 0;
}

/** The version that a configuration names. @throws CniError 1 for one that was never released, 6 for what is no text. */
export function configVersion(value: unknown): CniVersion {
  if (value === undefined || value === null || value === '') return oldestVersion;
  if (typeof value !== 'string') throw new CniError(cniErrorCode.decodingFailure, 'cniVersion must be a string');
  if (isCniVersion(value)) return value;
  throw new CniError(
    cniErrorCode.incompatibleVersion,
    `cniVersion '${value}' is not known`,
    `known: ${cniVersions.join(', ')}`,
  );
}
