import { formatDuration } from './duration.js';
import { flagOf } from './settings.js';
import type { Setting, Settings } from './settings.js';

/** The help text of settings: a line per flag with its description, default and environment variable. Ends with a newline unless empty. */
export function describeSettings(settings: Settings): string {
  const rows = Object.entries(settings).flatMap(([key, setting]) => {
    const flag = flagOf(key, setting);
    return flag === undefined
      ? []
      : [
          {
            usage: `${setting.letter === undefined ? '' : `-${setting.letter}, `}--${flag}${placeholder(setting)}`,
            text: `${setting.description}${notes(setting)}`,
          },
        ];
  });
  const width = Math.max(0, ...rows.map(({ usage }) => usage.length));
  return rows.map(({ usage, text }) => `  ${usage.padEnd(width)}  ${text}\n`).join('');
}

function placeholder(setting: Setting): string {
  switch (setting.type) {
    case 'boolean':
      return '';
    case 'enum':
      return ` ${setting.values.join('|')}`;
    case 'list':
      return ' ITEM,...';
    default:
      return ` ${setting.type.toUpperCase()}`;
  }
}

function notes(setting: Setting): string {
  const initial = setting.default === undefined ? [] : [`default ${defaultText(setting)}`];
  const required = setting.default === undefined && !setting.optional ? ['required'] : [];
  const variable = setting.env === undefined ? [] : [`env ${setting.env}`];
  const all = [...initial, ...required, ...variable];
  return all.length === 0 ? '' : ` (${all.join('; ')})`;
}

function defaultText(setting: Setting): string {
  if (setting.type === 'string') return setting.secret ? 'hidden' : `'${setting.default}'`;
  if (setting.type === 'duration') return formatDuration(setting.default ?? 0);
  return setting.type === 'list' ? (setting.default ?? []).join(',') || 'empty' : String(setting.default);
}
