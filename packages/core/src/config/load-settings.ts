import { coreErrors } from '../errors/core-errors.js';
import { didYouMean } from '../text/nearest.js';
import { parseFlags } from './parse-flags.js';
import { readValue } from './read-value.js';
import { flagOf } from './settings.js';
import type { Setting, SettingValues, Settings } from './settings.js';

/** Where settings come from. What is left out sets nothing. */
export interface SettingSources {
  /** The content of a settings file, or of a section of one; `name` is how errors call it. */
  readonly file?: { readonly name: string; readonly values: unknown };
  /** As `process.env`. Only the variables that the settings name are read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The command line's words, without the program and the command. */
  readonly argv?: readonly string[];
}

export interface LoadedSettings<S extends Settings> {
  /** Frozen. */
  readonly settings: SettingValues<S>;
  /** The words of the command line that belong to no flag. */
  readonly positionals: readonly string[];
}

interface Source {
  /** For errors: `flag --port`, `environment variable KUBEWRIGHT_PORT`, `config.yaml`. */
  readonly label: string;
  readonly raw: unknown;
  readonly isText: boolean;
}

/**
 * Reads settings: a flag wins over the environment, the environment over the file, the file over the default. An empty
 * environment variable counts as not set.
 *
 * @throws KW_CORE_INVALID_SETTINGS with everything that is wrong, unknown keys of the file and unknown flags included.
 *   Values of secret settings do not appear in it.
 */
export function loadSettings<const S extends Settings>(settings: S, sources: SettingSources): LoadedSettings<S> {
  const flags = parseFlags(settings, sources.argv ?? []);
  const file = fileValues(settings, sources.file);
  const problems = [...flags.problems, ...file.problems];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const variable = setting.env === undefined ? undefined : sources.env?.[setting.env];
    const found: readonly (Source | false)[] = [
      flags.values.has(key) && { label: `flag --${flagOf(key, setting)}`, raw: flags.values.get(key), isText: true },
      variable !== undefined &&
        variable !== '' && { label: `environment variable ${setting.env}`, raw: variable, isText: true },
      file.values[key] !== undefined && { label: sources.file?.name ?? 'file', raw: file.values[key], isText: false },
    ];
    const source = found.find((candidate) => candidate !== false);
    const read = source ? readValue(setting, source.raw, source.isText) : undefined;
    if (read && 'problem' in read) problems.push(`${key} (${source?.label}): ${read.problem}`);
    else if (read) values[key] = read.value;
    else if (setting.default !== undefined || setting.optional) values[key] = setting.default;
    else problems.push(`${key} is not set: ${waysToSet(key, setting, sources.file?.name)}`);
  }
  if (problems.length > 0) throw coreErrors.INVALID_SETTINGS({ problems });
  return { settings: Object.freeze(values) as SettingValues<S>, positionals: flags.positionals };
}

function fileValues(
  settings: Settings,
  file: SettingSources['file'],
): { values: Readonly<Record<string, unknown>>; problems: string[] } {
  const content = file?.values ?? {};
  if (typeof content !== 'object' || Array.isArray(content))
    return { values: {}, problems: [`${file?.name}: must be an object of settings`] };
  const unknown = Object.keys(content).filter((key) => !Object.hasOwn(settings, key));
  return {
    values: Object.fromEntries(Object.entries(content)),
    problems: unknown.map((key) => `${file?.name}: unknown setting '${key}'${didYouMean(key, Object.keys(settings))}`),
  };
}

function waysToSet(key: string, setting: Setting, file: string | undefined): string {
  const flag = flagOf(key, setting);
  const ways = [
    flag === undefined ? [] : [`pass --${flag}`],
    setting.env === undefined ? [] : [`set ${setting.env}`],
    file === undefined ? [] : [`write ${key} into ${file}`],
  ];
  return ways.flat().join(' or ') || 'give it a value';
}
