/**
 * The `kubewright` program, for programs that wrap it. Its commands are contributions to the extension point `CliCommand` of
 * `@kubewright/core`.
 *
 * @packageDocumentation
 */
export { main } from './program/main.js';
export { cliErrors } from './errors.js';
