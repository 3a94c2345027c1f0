import type { CniJson } from '@kubewright/cni-sdk';
import { demand, fail } from './verdict.js';

/** What a plugin answered. */
export interface PluginReply {
  readonly verb: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ErrorReply {
  readonly code: number;
  readonly msg: string;
  readonly body: CniJson;
}

const longestExcerpt = 300;

/** The reply in one line, for a reason. */
export function describe({ exitCode, stdout, stderr }: PluginReply): string {
  const excerpt = (text: string): string => {
    const line = text.trim().replaceAll(/\s+/g, ' ');
    return line.length > longestExcerpt ? `${line.slice(0, longestExcerpt)}…` : line;
  };
  const said = [
    ...(stdout.trim() === '' ? [] : [excerpt(stdout)]),
    ...(stderr.trim() === '' ? [] : [`stderr: ${excerpt(stderr)}`]),
  ];
  return `exit code ${exitCode}, ${said.join(', ') || 'no output'}`;
}

/** The whole of stdout as one JSON object. */
export function jsonOf(reply: PluginReply): CniJson {
  let value: unknown;
  try {
    value = JSON.parse(reply.stdout);
  } catch {
    fail(`stdout of ${reply.verb} is not one JSON document (${describe(reply)})`);
  }
  demand(isObject(value), `stdout of ${reply.verb} is no JSON object (${describe(reply)})`);
  return value;
}

export function isObject(value: unknown): value is CniJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param circumstance - follows the verb in the reason, as `without CNI_NETNS`. */
export function succeeded(reply: PluginReply, circumstance = ''): void {
  demand(reply.exitCode === 0, `${what(reply, circumstance)} failed (${describe(reply)})`);
}

/** That it failed; whether it said so properly is the business of the checks of errors. */
export function refused(reply: PluginReply, circumstance: string): void {
  demand(
    reply.exitCode !== 0 || looksLikeError(reply),
    `${what(reply, circumstance)} did not fail (${describe(reply)})`,
  );
}

/**
 * That it failed with an error of one of `codes`.
 *
 * @param codes - none: any will do.
 */
export function failedWith(reply: PluginReply, circumstance: string, ...codes: readonly number[]): ErrorReply {
  refused(reply, circumstance);
  const body = jsonOf(reply);
  const { code, msg } = body;
  demand(typeof code === 'number', `the error of ${what(reply, circumstance)} has no code (${describe(reply)})`);
  demand(
    codes.length === 0 || codes.includes(code),
    `${what(reply, circumstance)} has code ${code}, not ${codes.join(' or ')} (${describe(reply)})`,
  );
  return { code, msg: typeof msg === 'string' ? msg : '', body };
}

function what({ verb }: PluginReply, circumstance: string): string {
  return circumstance === '' ? verb : `${verb} ${circumstance}`;
}

/** An error may come with the wrong exit code; that is the business of one check alone. */
function looksLikeError({ stdout }: PluginReply): boolean {
  try {
    const value: unknown = JSON.parse(stdout);
    return isObject(value) && typeof value['code'] === 'number' && value['code'] !== 0 && 'msg' in value;
  } catch {
    return false;
  }
}
