import { isOneOf } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';
import { parseArguments } from './arguments.js';

export const cniVerbs = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
export type CniVerb = (typeof cniVerbs)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** `CNI_*` of one request. Empty where the verb does not need it. */
export interface CniEnvironment {
  readonly verb: CniVerb;
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  /** Directories to look for other plugins in. */
  readonly path: readonly string[];
  readonly arguments: ReadonlyMap<string, string>;
}

const required: Readonly<Record<CniVerb, readonly string[]>> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_PATH'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
  GC: ['CNI_PATH'],
  STATUS: [],
  VERSION: [],
};

/** Container ids and network names. */
const identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const longestInterface = 15;

/** Reads and checks the variables. @throws CniError 4 that names the variable. */
export function readEnvironment(environment: Environment): CniEnvironment {
  const verb = environment['CNI_COMMAND'] ?? '';
  if (!isVerb(verb))
    throw invalid(verb === '' ? 'CNI_COMMAND is missing' : `CNI_COMMAND is '${verb}', which is unknown`);
  const missing = required[verb].filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) throw invalid(`${missing.join(', ')} must be set for ${verb}`);
  const containerId = environment['CNI_CONTAINERID'] ?? '';
  const ifName = environment['CNI_IFNAME'] ?? '';
  if (required[verb].includes('CNI_CONTAINERID')) {
    checkIdentifier('CNI_CONTAINERID', containerId);
    checkInterfaceName(ifName);
  }
  return {
    verb,
    containerId,
    ifName,
    netns: environment['CNI_NETNS'] ?? '',
    path: (environment['CNI_PATH'] ?? '').split(':').filter((directory) => directory !== ''),
    arguments: verb === 'VERSION' ? new Map() : parseArguments(environment['CNI_ARGS'] ?? ''),
  };
}

export function isVerb(text: string): text is CniVerb {
  return isOneOf(cniVerbs, text);
}

export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}

/** @throws CniError 4 for a name that the kernel or the specification refuses. */
export function checkInterfaceName(name: string): void {
  const valid =
    name !== '' && Buffer.byteLength(name) <= longestInterface && name !== '.' && name !== '..' && !/[/:\s]/.test(name);
  if (!valid) throw invalid(`CNI_IFNAME '${name}' is no interface name: 1 to 15 bytes without slash, colon or space`);
}

/** @throws CniError 4 for an id that could not be part of a file's name. */
export function checkIdentifier(variable: string, value: string): void {
  if (!isIdentifier(value)) {
    throw invalid(
      `${variable} '${value}' is invalid: it starts with a letter or digit and has only those, '_', '.' and '-'`,
    );
  }
}

function invalid(message: string): CniError {
  return new CniError(cniErrorCode.invalidEnvironment, message);
}
