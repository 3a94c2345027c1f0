/** The errors that the facade and the command line throw on purpose. */
import { defineErrors } from '@kubewright/core';

export const kubewrightErrors = defineErrors('KUBEWRIGHT', {
  NOT_CONNECTED: () =>
    'no cluster was named: call connect(kubeconfig()), connect(inCluster()) or connect(embedded()) before start()',
  ALREADY_CONNECTED: (d: { first: string; second: string }) =>
    `a program has one cluster, and connect('${d.second}') comes after connect('${d.first}'): call connect() once`,
  HEALTH_PORT: (d: { port: number; reason: string }) =>
    `the health server cannot listen on port ${d.port}: ${d.reason}; choose another port in 'health'`,
  USAGE: (d: { problem: string; command: string }) =>
    `${d.problem}: see kubewright ${d.command === '' ? '' : `${d.command} `}--help`,
  COMMAND_NOT_A_VALUE: (d: { plugin: string }) =>
    `plugin '${d.plugin}' contributes a command that would have to be built first: write contribute(CliCommand, { value: defineCommand({ … }) })`,
  FILE_NOT_FOUND: (d: { path: string }) => `there is no file '${d.path}': correct the path`,
});
