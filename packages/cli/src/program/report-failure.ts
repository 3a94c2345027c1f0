import { KubewrightError, coreErrors, messageOf } from '@kubewright/core';
import { cliErrors } from '../errors.js';

/**
 * Tells on stderr what went wrong and what to do, without a stack trace unless asked for.
 *
 * @returns the exit code: 2 where the command line made no sense, 1 for everything else.
 */
export function reportFailure(error: unknown, verbose: boolean): number {
  const told = tellable(error);
  process.stderr.write(`${textOf(told)}\n`);
  if (verbose) process.stderr.write(`${stackOf(error)}\n`);
  return cliErrors.USAGE.is(told) || coreErrors.INVALID_SETTINGS.is(told) ? 2 : 1;
}

/** That a plugin of ours failed to start is of no interest where its reason explains itself. */
function tellable(error: unknown): unknown {
  if (!coreErrors.START_FAILED.is(error) || !KubewrightError.is(error.cause)) return error;
  return tellable(error.cause);
}

function textOf(error: unknown): string {
  if (coreErrors.INVALID_SETTINGS.is(error))
    return error.details.problems.map((problem) => `kubewright: ${problem}`).join('\n');
  const message = messageOf(error);
  return `kubewright: ${cliErrors.USAGE.is(error) ? message.replace(/ \(KW_\w+\)$/, '') : message}`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
