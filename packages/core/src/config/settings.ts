/**
 * Settings as data: what can be set, how it is called in a file, in the environment and on the command line, and what it may
 * be. `loadSettings` reads them, `describeSettings` prints them. Knows nothing of any setting in particular.
 */

interface SettingBase<T> {
  /** One line for `--help`, without a full stop. */
  readonly description: string;
  /** Used where nothing sets it. A setting without a default has to be set, unless it is `optional`. */
  readonly default?: T;
  /** Whether it may stay unset; its value is undefined then. Default: false. */
  readonly optional?: boolean;
  /** The environment variable that sets it, `KUBEWRIGHT_…`. Default: none does. */
  readonly env?: `KUBEWRIGHT_${string}`;
  /** The flag that sets it, without dashes. Default: the setting's key in kebab-case. `false`: none does. */
  readonly flag?: string | false;
  /** A letter for the flag, as `i` for `-i`. Default: none. */
  readonly letter?: string;
  /** What is wrong with a value, as the end of a sentence that begins with the setting's name ("must be below 65536"); undefined if nothing is. */
  readonly validate?: (value: T) => string | undefined;
}

export interface StringSetting extends SettingBase<string> {
  readonly type: 'string';
  /** Whether the value must not be shown in texts. Default: false. */
  readonly secret?: boolean;
}

export interface NumberSetting extends SettingBase<number> {
  readonly type: 'number';
}

/** On the command line `--NAME` and `--no-NAME`; elsewhere true or false. */
export interface BooleanSetting extends SettingBase<boolean> {
  readonly type: 'boolean';
}

export interface EnumSetting<V extends string = string> extends SettingBase<V> {
  readonly type: 'enum';
  readonly values: readonly V[];
}

/** Written as `parseDuration` reads it, held in milliseconds; the default is in milliseconds too. */
export interface DurationSetting extends SettingBase<number> {
  readonly type: 'duration';
}

/** Strings. On the command line the flag repeats; in the environment, and in each flag, commas separate. */
export interface ListSetting extends SettingBase<readonly string[]> {
  readonly type: 'list';
}

export type Setting = StringSetting | NumberSetting | BooleanSetting | EnumSetting | DurationSetting | ListSetting;

/** Settings by key; the key is the name in a file. */
export type Settings = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> =
  S extends EnumSetting<infer V>
    ? V
    : S extends { readonly type: 'number' | 'duration' }
      ? number
      : S extends { readonly type: 'boolean' }
        ? boolean
        : S extends { readonly type: 'list' }
          ? readonly string[]
          : string;

/** The values that a table of settings gives. */
export type SettingValues<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends { readonly default: unknown }
    ? ValueOf<S[K]>
    : S[K] extends { readonly optional: true }
      ? ValueOf<S[K]> | undefined
      : ValueOf<S[K]>;
};

/**
 * Declares settings, with their types kept.
 *
 * ```ts
 * const settings = defineSettings({
 *   port: { type: 'number', default: 6443, env: 'KUBEWRIGHT_PORT', description: 'where the API server listens' },
 *   resync: { type: 'duration', default: parseDuration('10h'), description: 'how often everything is looked at again' },
 * });
 * ```
 */
export function defineSettings<const S extends Settings>(settings: S): S {
  return settings;
}

/** The flag of a setting without its dashes, or undefined where it has none. */
export function flagOf(key: string, setting: Setting): string | undefined {
  if (setting.flag === false) return undefined;
  return setting.flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-');
}
