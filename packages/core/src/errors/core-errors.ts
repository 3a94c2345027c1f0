/**
 * Errors: the factory that each package declares its table with, and the table of this package. `docs/errors.md`
 * explains each code.
 */
import { defineErrors } from './define-errors.js';
import type { KubewrightError } from './define-errors.js';

/** Several problems as one numbered text. */
function listed(problems: readonly string[]): string {
  const heading = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `${heading}\n${problems.map((problem, index) => `  ${index + 1}. ${problem}`).join('\n')}\n`;
}

/** The errors of the core. `docs/errors.md` explains each. */
export const coreErrors = defineErrors('CORE', {
  INVALID_PLUGINS: (d: { host: string; problems: readonly KubewrightError[] }) =>
    `host '${d.host}' cannot start: ${listed(d.problems.map(({ message }) => message))}`,
  NOT_A_PLUGIN: (d: { what: string }) =>
    `${d.what} is not a plugin: decorate the class with @Plugin({ name: … }), or pass { name: …, … } or a list of plugins`,
  NO_INSTANCE: (d: { plugin: string; token: string }) =>
    `plugin '${d.plugin}' is plain data and has no instance that could stand for ${d.token}: write provide(TOKEN, …) or contribute(POINT, …) in place of the bare name`,
  MISSING_INJECT: (d: { plugin: string; className: string; index: number }) =>
    `plugin '${d.plugin}': constructor parameter ${d.index} of ${d.className} says nothing about what to inject: put @inject(TOKEN) before it`,
  DUPLICATE_PLUGIN: (d: { name: string }) =>
    `two plugins are named '${d.name}': rename one of them, or register the second with use(…, { replaces: '${d.name}' })`,
  DUPLICATE_PROVIDER: (d: { token: string; plugins: readonly string[] }) =>
    `plugins ${d.plugins.map((name) => `'${name}'`).join(' and ')} all provide ${d.token}: remove one, or let one replace the other with use(…, { replaces: '${d.plugins[0]}' })`,
  UNKNOWN_DEPENDENCY: (d: { plugin: string; token: string; place: string; hint: string }) =>
    `plugin '${d.plugin}' needs ${d.token} (${d.place}), which nothing provides${d.hint}: use() the plugin that provides it, or mark the parameter @optional()`,
  WRONG_VERSION: (d: { plugin: string; requires: string; range: string; found: string }) =>
    `plugin '${d.plugin}' requires '${d.requires}' in version ${d.range}, but ${d.found} is registered: install a version of '${d.requires}' in that range`,
  MISSING_EXTENSION: (d: { plugin: string; point: string; place: string }) =>
    `plugin '${d.plugin}' needs at least one contribution to ${d.point} (${d.place}), and there is none: use() a plugin that contributes to it`,
  AMBIGUOUS_EXTENSION: (d: { plugin: string; point: string; place: string; count: number }) =>
    `plugin '${d.plugin}' takes exactly one contribution to ${d.point} (${d.place}), and there are ${d.count}: register one only, or take all with @multiInject`,
  UNCONSUMED_EXTENSION: (d: { plugin: string; point: string }) =>
    `plugin '${d.plugin}' extends ${d.point}, which no plugin of this host consumes: use() the plugin that does`,
  DEPENDENCY_CYCLE: (d: { path: string }) =>
    `plugins depend on each other in a circle: ${d.path}: remove one of these dependencies, or move what both sides need into a third plugin`,
  UNKNOWN_REPLACED: (d: { plugin: string; replaces: string; hint: string }) =>
    `plugin '${d.plugin}' is to replace '${d.replaces}', which is not registered${d.hint}: correct the name, or drop { replaces }`,
  UNKNOWN_LEFT_OUT: (d: { host: string; name: string; hint: string }) =>
    `host '${d.host}' is to do without '${d.name}', which is not registered${d.hint}: correct the name, or drop it`,
  LEVEL_REDEFINED: (d: { point: string; first: string; second: string }) =>
    `the extension point ${d.point} was declared at level ${d.first} and again at level ${d.second}: declare it once, or with one level`,
  WRONG_LEVEL: (d: { plugin: string; point: string; level: string; host: string; hosted: readonly string[] }) =>
    `plugin '${d.plugin}' contributes to ${d.point}, which lives at level ${d.level}, and host '${d.host}' has ${d.hosted.length === 0 ? 'no level' : d.hosted.join(' and ')}: use() it with a program that has that level`,
  TWO_LEVELS: (d: { plugin: string; point: string; level: string; host: string; here: string }) =>
    `plugin '${d.plugin}' contributes to ${d.here} and to ${d.point}, which lives at level ${d.level} and so in another host than '${d.host}': make two plugins of it, of which one injects the other`,
  LATE_CONTRIBUTION: (d: { point: string; reason: string }) =>
    `a contribution to ${d.point} cannot be made while the host runs: ${d.reason}`,
  CHECK_TOO_EARLY: (d: { token: string }) =>
    `a plugin's check asks for ${d.token}, which its host has not built yet: ask for values that plugins provide and for what the host above has`,
  CHECK_FAILED: (d: { plugin: string; reason: string }) =>
    `the check of plugin '${d.plugin}' failed: ${d.reason}; a plugin that cannot run here returns skip(reason)`,
  SKIPPED: (d: { plugin: string; token: string; reason: string }) =>
    `there is no ${d.token}, since plugin '${d.plugin}' is skipped: ${d.reason}`,
  CONSTRUCTION_FAILED: (d: { plugin: string; reason: string }) =>
    `plugin '${d.plugin}' could not be built: ${d.reason}`,
  START_FAILED: (d: { plugin: string; reason: string }) => `plugin '${d.plugin}' failed to start: ${d.reason}`,
  START_TIMEOUT: (d: { plugin: string; milliseconds: number }) =>
    `plugin '${d.plugin}' did not start within ${d.milliseconds} ms: see what it waits for, or raise its startTimeout`,
  PLUGIN_FAILED: (d: { plugin: string; reason: string }) => `plugin '${d.plugin}' failed while running: ${d.reason}`,
  STOP_FAILED: (d: { host: string; failed: readonly string[]; overdue: readonly string[]; milliseconds: number }) =>
    [
      `host '${d.host}' did not stop cleanly`,
      ...(d.failed.length > 0 ? [`failed: ${d.failed.join(', ')}`] : []),
      ...(d.overdue.length > 0
        ? [`still running after the grace period of ${d.milliseconds} ms: ${d.overdue.join(', ')}`]
        : []),
    ].join('; '),
  STOPPED: (d: { host: string }) => `host '${d.host}' was stopped: make a new host, one cannot be started again`,
  NOT_STARTED: (d: { host: string }) => `host '${d.host}' has no instances yet: call start() first`,
  PARENT_NOT_RUNNING: (d: { host: string; parent: string }) =>
    `host '${d.host}' cannot start: its parent '${d.parent}' has not started or is stopping: await the parent's start() first`,
  ALREADY_STARTED: (d: { host: string }) =>
    `host '${d.host}' has started: register plugins and overrides before start()`,
  INVALID_DURATION: (d: { text: string }) =>
    `'${d.text}' is no duration: write numbers with units (ns, us, ms, s, m, h), as 30s or 1h30m`,
  TIMER_DELAY: (d: { value: string }) =>
    `a timer cannot wait for ${d.value} milliseconds: pass a number; Infinity waits for ever`,
  NOT_UTF8: () => 'the bytes are no UTF-8 text: look at who wrote them, and in which encoding',
  INVALID_SETTINGS: (d: { problems: readonly string[] }) => `the settings are not valid: ${listed(d.problems)}`,
  SETTINGS_FILE: (d: { path: string; reason: string }) => `the settings file ${d.path} cannot be read: ${d.reason}`,
  CONFIG_FILE: (d: { path: string; reason: string }) => `the config file ${d.path} cannot be used: ${d.reason}`,
  METRIC_INVALID: (d: { name: string; reason: string }) => `metric '${d.name}' cannot be used so: ${d.reason}`,
  METRIC_CONFLICT: (d: { name: string; reason: string }) =>
    `metric '${d.name}' exists already, and ${d.reason}: use the same options everywhere, or another name`,
  PACKAGE_NOT_FOUND: (d: { name: string; directory: string }) =>
    `there is no package '${d.name}' for ${d.directory}: npm install ${d.name} there, or correct the name`,
  PACKAGE_INVALID: (d: { name: string; reason: string }) =>
    `package '${d.name}' cannot be used as plugins: ${d.reason}`,
  PACKAGE_INCOMPATIBLE: (d: { name: string; version: string; range: string; kubewright: string }) =>
    `package '${d.name}' ${d.version} works with Kubewright ${d.range}, and this is ${d.kubewright}: install a version of '${d.name}' for ${d.kubewright}`,
});
