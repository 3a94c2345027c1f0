import { messageOf } from '@kubewright/core';

/** How a command ended: its exit code, or what kept it from running. */
export type CommandResult = { readonly exitCode: number } | { readonly error: unknown };

/**
 * What the error stream carries at the end. From version 4 of the protocol on it is a `Status` object, so that clients learn
 * the exit code; before that it is text, and nothing for a success.
 */
export function commandStatus(result: CommandResult, version: number): string {
  if (version < 4) {
    if ('error' in result) return messageOf(result.error);
    return result.exitCode === 0 ? '' : failure(result.exitCode);
  }
  if ('error' in result) {
    return JSON.stringify({
      metadata: {},
      status: 'Failure',
      message: messageOf(result.error),
      reason: 'InternalError',
      code: 500,
    });
  }
  if (result.exitCode === 0) return JSON.stringify({ metadata: {}, status: 'Success' });
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: failure(result.exitCode),
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: `${result.exitCode}` }] },
  });
}

function failure(exitCode: number): string {
  return `command terminated with non-zero exit code: ${exitCode}`;
}
