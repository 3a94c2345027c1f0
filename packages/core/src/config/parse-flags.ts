import { parseArgs } from 'node:util';
import { didYouMean } from '../text/nearest.js';
import { flagOf } from './settings.js';
import type { Settings } from './settings.js';

export interface ParsedFlags {
  /** By the setting's key: text, `true` or `false` for booleans, texts for lists. A repeated flag counts with its last value. */
  readonly values: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly positionals: readonly string[];
  readonly problems: readonly string[];
}

/** Takes a command line apart by a table of settings. `--` ends the flags; letters may stand together, as in `-it`. */
export function parseFlags(settings: Settings, argv: readonly string[]): ParsedFlags {
  const keys = new Map(
    Object.entries(settings).flatMap(([key, setting]) =>
      flagOf(key, setting) === undefined ? [] : [[flagOf(key, setting) ?? '', key] as const],
    ),
  );
  const options = Object.fromEntries(
    [...keys].map(([flag, key]) => [
      flag,
      {
        type: settings[key]?.type === 'boolean' ? ('boolean' as const) : ('string' as const),
        ...(settings[key]?.letter !== undefined && { short: settings[key].letter }),
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | boolean | readonly string[]>();
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const negated = token.name.startsWith('no-') && !keys.has(token.name) ? token.name.slice(3) : undefined;
    const key = keys.get(negated ?? token.name);
    const setting = key === undefined ? undefined : settings[key];
    if (key === undefined || setting === undefined || (negated !== undefined && setting.type !== 'boolean')) {
      problems.push(`unknown flag ${token.rawName}${didYouMean(token.name, keys.keys())}`);
    } else if (setting.type === 'boolean') values.set(key, token.value ?? negated === undefined);
    else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
      problems.push(`${token.rawName} needs a value`);
    else if (setting.type === 'list') {
      const earlier = values.get(key);
      values.set(key, [...(typeof earlier === 'object' ? earlier : []), token.value]);
    } else values.set(key, token.value);
  }
  return { values, positionals, problems };
}
