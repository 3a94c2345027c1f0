/**
 * Calling plugins by their type: as processes found in the directories of `CNI_PATH`, or, where the same process serves
 * them, directly. The runner and delegation both go through `PluginExecutor`.
 */
import { isRecord, messageOf, recordOf } from '@kubewright/core';
import { CniError, cniErrorCode, cniSdkErrors } from '../errors.js';
import type { CniErrorBody } from '../errors.js';
import type { Environment } from '../request/environment.js';
import type { CniJson } from '../result/encode.js';

export interface PluginCall {
  readonly type: string;
  /** Directories to look in, first wins. */
  readonly path: readonly string[];
  /** `CNI_*` alone; a process gets them beside what its parent has. */
  readonly environment: Environment;
  readonly stdin: string;
  /** The caller waits itself for what holds up the answer: see `PluginOutput.settled`. Default: false. */
  readonly early?: boolean;
}

export interface PluginOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the output waits for before it holds; only where the call was `early`, and the plugin runs in this process. */
  readonly settled?: Promise<void>;
}

/** Starts a plugin and waits for its end. */
export interface PluginExecutor {
  /** @throws CniError where the plugin is not found or could not be started. What it answered itself is a value. */
  execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput>;
}

/** The most that a plugin may write. */
export const outputLimit = 8 * 1024 * 1024;

/** What the plugin printed, or the error that its exit means. */
export function acceptOutput(type: string, { exitCode, stdout, stderr }: PluginOutput): string {
  if (exitCode === 0) return stdout;
  const body = errorOf(stdout);
  if (body !== undefined) throw new CniError(body.code, body.msg, body.details ?? '');
  const said = stderr.trim() || stdout.trim() || 'it said nothing';
  throw new CniError(cniErrorCode.internal, `plugin '${type}' ended with ${exitCode}`, said);
}

/**
 * The object that a plugin printed. `null` is taken for an empty one, as the reference library does.
 *
 * @throws CniError 6 that names the plugin.
 */
export function parseOutput(type: string, text: string): CniJson {
  let value: unknown;
  let problem = '';
  try {
    value = JSON.parse(text) ?? {};
  } catch (cause) {
    problem = messageOf(cause);
  }
  if (isRecord(value)) return value;
  throw new CniError(cniErrorCode.decodingFailure, `what plugin '${type}' printed is no JSON object`, problem);
}

export function tooLarge(type: string): Error {
  return cniSdkErrors.OUTPUT_TOO_LARGE({ type, limit: outputLimit });
}

function errorOf(stdout: string): CniErrorBody | undefined {
  try {
    const { code, msg, details, cniVersion } = recordOf(JSON.parse(stdout));
    if (typeof code !== 'number' || typeof msg !== 'string') return undefined;
    const body = { cniVersion: typeof cniVersion === 'string' ? cniVersion : '', code, msg };
    return typeof details === 'string' ? { ...body, details } : body;
  } catch {
    return undefined;
  }
}
