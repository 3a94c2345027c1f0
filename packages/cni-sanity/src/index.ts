/**
 * Checks whether a CNI plugin, of anybody's, does what the specification says.
 *
 * @packageDocumentation
 */

// Checking a plugin
export { openProfile, readConfig } from './run/open-profile.js';
export type { ProfileOptions } from './run/open-profile.js';
export { isRoot, runChecks } from './run/run-checks.js';
export type { SanityResult, RunChecksOptions, SanityReport } from './run/run-checks.js';
export { applies, select } from './run/plan.js';
export type { PluginKind, Profile } from './profile/profile.js';
export { formatHeading, formatResult, formatSummary } from './report/text.js';
export { formatJunit } from './report/junit.js';

// Writing further checks
export { allChecks } from './checks/all-checks.js';
export { section } from './check/check.js';
export { demand, equal, fail, notApplicable } from './call/verdict.js';
export type { Check, CheckNeeds } from './check/check.js';
export { describe, failedWith, jsonOf, refused, succeeded } from './call/reply.js';
export type { ErrorReply, PluginReply } from './call/reply.js';
export type { Session, Attached, InvocationOptions } from './session/session.js';
export type { Container } from './session/container.js';
export type { IpamCall, RecordingIpam } from './ipam/recording-ipam.js';

// Errors
export { sanityErrors } from './errors.js';
