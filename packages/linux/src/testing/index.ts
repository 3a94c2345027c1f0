/**
 * Helpers for tests that need Linux and its privileges.
 *
 * @packageDocumentation
 */
export { privileged, TemporaryNamespace } from './temporary-namespace.js';
