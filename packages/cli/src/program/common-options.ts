/**
 * The command line: finds the command, reads its options, runs it, and says in one line what went wrong. The commands
 * themselves are contributions to the extension point `CliCommand`, in `commands/` and in plugins.
 */
import { defineSettings } from '@kubewright/core';

/** What every command understands. */
export const commonOptions = defineSettings({
  verbose: { type: 'boolean', default: false, description: 'show stack traces of errors' },
});
