/** The errors that the command line throws on purpose. `docs/errors.md` explains each. */
import { defineErrors } from '@kubewright/core';

export const cliErrors = defineErrors('CLI', {
  USAGE: (d: { problem: string; command: string }) =>
    `${d.problem}: see kubewright ${d.command === '' ? '' : `${d.command} `}--help`,
  COMMAND_NOT_A_VALUE: (d: { plugin: string }) =>
    `plugin '${d.plugin}' contributes a command that would have to be built first: write contribute(CliCommand, { value: defineCommand({ … }) })`,
  FILE_NOT_FOUND: (d: { path: string }) => `there is no file '${d.path}': correct the path`,
});
