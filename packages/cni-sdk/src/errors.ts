/**
 * CNI: write a network plugin as one class, run chains of plugins. This file holds the errors: what a plugin answers with
 * (`CniError`, a number of the specification) and what the kit itself throws (`cniSdkErrors`).
 */
import { KubewrightError, defineErrors, messageOf } from '@kubewright/core';

/** Error numbers of the CNI specification 1.1.0; 0, 8 and 999 are those of the reference library. 100 and above are a plugin's own. */
export const cniErrorCode = {
  unknown: 0,
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  invalidNamespace: 8,
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  internal: 999,
} as const;

/**
 * What a plugin answers with when it cannot do what was asked. Throw it from a plugin's method; anything else that is
 * thrown is answered as an internal error, and a failure of the file system as an I/O failure.
 */
export class CniError extends KubewrightError {
  readonly cniCode: number;
  /** One sentence for whoever reads the runtime's log. */
  readonly summary: string;
  /** More, for whoever looks for the cause. */
  readonly explanation: string;

  /** @param cniCode - one of `cniErrorCode`, or 100 and above. */
  constructor(cniCode: number, summary: string, explanation = '', options?: ErrorOptions) {
    super(
      `KW_CNI_PLUGIN_${cniCode}`,
      explanation === '' ? summary : `${summary}: ${explanation}`,
      { cniCode },
      options,
    );
    this.cniCode = cniCode;
    this.summary = summary;
    this.explanation = explanation;
  }

  static override is(value: unknown): value is CniError {
    return KubewrightError.is(value) && 'cniCode' in value;
  }

  /** The configuration is wrong. @param field - its path, as `ipam.ranges[0].subnet`. */
  static invalidConfig(field: string, problem: string): CniError {
    return new CniError(cniErrorCode.invalidConfig, `the network configuration is invalid: ${field} ${problem}`);
  }

  /** Nothing is wrong with the request; the runtime should come back. */
  static tryAgainLater(reason: string): CniError {
    return new CniError(cniErrorCode.tryAgainLater, reason);
  }

  /** For `status`: no new containers can be connected. `limited`: those that run may suffer too. */
  static notAvailable(reason: string, limited = false): CniError {
    return new CniError(limited ? cniErrorCode.limitedConnectivity : cniErrorCode.notAvailable, reason);
  }
}

/** The JSON that a failed plugin prints. */
export interface CniErrorBody {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** What any thrown value is answered as. */
export function errorBody(error: unknown, cniVersion: string): CniErrorBody {
  const known = CniError.is(error) ? error : wrap(error);
  const body = { cniVersion, code: known.cniCode, msg: known.summary };
  return known.explanation === '' ? body : { ...body, details: known.explanation };
}

function wrap(error: unknown): CniError {
  const message = messageOf(error);
  const systemCall = error instanceof Error && 'errno' in error && 'syscall' in error;
  return systemCall
    ? new CniError(cniErrorCode.ioFailure, message, '', { cause: error })
    : new CniError(cniErrorCode.internal, message, '', { cause: error });
}

/** The errors of the runner, the daemon and the installer. */
export const cniSdkErrors = defineErrors('CNI', {
  NETWORK_NOT_FOUND: (d: { name: string; directory: string }) =>
    `there is no network '${d.name}' in '${d.directory}': put a .conflist file with that name there`,
  INVALID_NETWORK: (d: { source: string; problem: string }) => `the network list ${d.source} is invalid: ${d.problem}`,
  NO_VERSION: (d: { source: string; versions: readonly string[] }) =>
    `the network list ${d.source} asks for ${d.versions.join(', ')}, none of which is known`,
  CHAIN_FAILED: (d: { verb: string; network: string; failures: readonly string[] }) =>
    `${d.verb} of network '${d.network}' failed in ${d.failures.length} place(s): ${d.failures.join('; ')}`,
  NOT_CACHED: (d: { verb: string; attachment: string }) =>
    `${d.verb} needs the result of ADD, and there is none for ${d.attachment}`,
  DAEMON_RUNNING: (d: { path: string }) =>
    `a daemon serves '${d.path}' already: stop it, or give this one another socket`,
  FOREIGN_PLUGIN: (d: { directory: string; types: readonly string[] }) =>
    `'${d.directory}' has plugins of others named ${d.types.join(', ')}: install elsewhere, or replace them with force, which keeps them to be put back`,
  DUPLICATE_TYPE: (d: { type: string }) => `two plugins are called '${d.type}': give one of them another type`,
  UNSUPPORTED_ARCHITECTURE: (d: { arch: string }) =>
    `there is no shim for '${d.arch}': it exists for x64 and arm64; start the plugin with node instead`,
  OUTPUT_TOO_LARGE: (d: { type: string; limit: number }) => `plugin '${d.type}' wrote more than ${d.limit} bytes`,
});
