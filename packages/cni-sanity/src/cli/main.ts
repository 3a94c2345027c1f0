/** The command line: words in, a report out, an exit code. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { KubewrightError, parseTrusted } from '@kubewright/core';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Check } from '../check/check.js';
import { allChecks } from '../checks/all-checks.js';
import { pluginKinds } from '../profile/profile.js';
import type { PluginKind } from '../profile/profile.js';
import { formatJunit } from '../report/junit.js';
import { formatHeading, formatResult, formatSummary } from '../report/text.js';
import { openProfile, readConfig } from '../run/open-profile.js';
import { select } from '../run/plan.js';
import { runChecks } from '../run/run-checks.js';

/** All checks that could be run passed; some failed; there was nothing to run, or the words make no sense. */
export const exitCode = { passed: 0, failed: 1, unusable: 2 } as const;

export interface CliOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

interface RunFlags {
  readonly plugin?: string;
  readonly kind?: PluginKind;
  readonly config?: string;
  readonly cniPath: readonly string[];
  readonly ipam?: string;
  readonly versions?: readonly string[];
  readonly hostNetns?: string;
  readonly timeout: number;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly junit?: string;
  readonly json?: string;
  readonly list: boolean;
}

/** Runs a command line (without `node` and the program's name). Resolves to the exit code. */
export async function main(argv: readonly string[], output: CliOutput, signal: AbortSignal): Promise<number> {
  let code: number = exitCode.passed;
  const program = new Command('cni-sanity')
    .description('Checks whether a CNI plugin does what the specification says.')
    .version(`cni-sanity ${ownVersion()}`)
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.stdout(text), writeErr: (text) => output.stderr(text) });
  describeRun(program.command('run')).action(async (flags: RunFlags) => {
    code = flags.list ? list(flags, output) : await run(flags, output, signal);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.passed : exitCode.unusable;
    output.stderr(`${KubewrightError.is(error) ? error.message : String(error)}\n`);
    return exitCode.unusable;
  }
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return parseTrusted<{ readonly version: string }>(manifest).version;
}

function describeRun(command: Command): Command {
  const words = (text: string): string[] => text.split(/[,\s]+/).filter((word) => word !== '');
  return command
    .description('run the checks on a plugin')
    .option('--plugin <file>', "the plugin's executable; its name is the plugin's type")
    .addOption(
      new Option('--kind <kind>', 'what the plugin is (default: by its name, else interface)').choices([
        ...pluginKinds,
      ]),
    )
    .option('--config <file>', 'its configuration: a .conflist, or the object of one plugin')
    .option('--cni-path <dirs>', 'directories of other plugins', (text) => text.split(':').filter(Boolean), [])
    .option('--ipam <type>', 'address manager that takes what host-local takes, or none (default: one of our own)')
    .option('--versions <list>', 'versions to check (default: all that the plugin lists)', words)
    .option('--host-netns <file>', 'network namespace to run the plugin in (default: a new one)')
    .option('--timeout <seconds>', 'time for one call', seconds, 30)
    .option('--only <patterns>', 'checks to run: ids, areas, or with *', words, [])
    .option('--skip <patterns>', 'checks to leave out', words, [])
    .option('--junit <file>', 'write a JUnit report')
    .option('--json <file>', 'write the report as JSON')
    .option('--list', 'show the checks and run none', false);
}

async function run(flags: RunFlags, output: CliOutput, signal: AbortSignal): Promise<number> {
  if (flags.plugin === undefined) {
    output.stderr('--plugin is missing: pass the path of the executable to check\n');
    return exitCode.unusable;
  }
  const checks = select(allChecks, flags.only, flags.skip);
  const profile = await openProfile({
    plugin: flags.plugin,
    cniPath: flags.cniPath,
    signal,
    ...(flags.kind === undefined ? {} : { kind: flags.kind }),
    ...(flags.config === undefined ? {} : { config: await readConfig(flags.config) }),
    ...(flags.ipam === undefined ? {} : { ipam: flags.ipam }),
    ...(flags.versions === undefined ? {} : { versions: flags.versions }),
  });
  output.stdout(formatHeading(profile));
  const report = await runChecks(profile, {
    checks,
    signal,
    timeout: flags.timeout * 1000,
    onResult: (result) => output.stdout(formatResult(result)),
    ...(flags.hostNetns === undefined ? {} : { hostNamespace: flags.hostNetns }),
  });
  output.stdout(formatSummary(report));
  if (flags.junit !== undefined) await writeFile(flags.junit, formatJunit(report));
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (report.results.some(({ outcome }) => outcome === 'failed')) return exitCode.failed;
  // Where nothing was tried, nothing was shown to be right.
  return report.results.some(({ outcome }) => outcome === 'passed') ? exitCode.passed : exitCode.unusable;
}

function list(flags: RunFlags, output: CliOutput): number {
  for (const check of select(allChecks, flags.only, flags.skip)) output.stdout(formatCheck(check));
  return exitCode.passed;
}

function formatCheck({ id, rule, section }: Check): string {
  return `${id}\n    ${rule} (${section})\n`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}
