/** Whether a CronJob's schedule can be read: five fields, or a name such as `@daily`, or `@every` a duration. */
const names = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Bounds {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly words?: readonly string[];
}

const fields: readonly Bounds[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day of month', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12, words: months },
  { name: 'day of week', low: 0, high: 6, words: days },
];

/** Why the schedule cannot be read, or undefined where it can. */
export function scheduleError(schedule: string): string | undefined {
  const text = schedule.trim();
  if (text === '') return 'empty spec string';
  if (text.startsWith('@every ')) {
    return /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text.slice(7)) ? undefined : `failed to parse duration ${text}`;
  }
  if (text.startsWith('@')) return names.has(text) ? undefined : `unrecognized descriptor: ${text}`;
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  for (const [index, bounds] of fields.entries()) {
    for (const range of (parts[index] ?? '').split(',')) {
      const error = rangeError(range, bounds);
      if (error !== undefined) return error;
    }
  }
  return undefined;
}

function rangeError(range: string, bounds: Bounds): string | undefined {
  const [span = '', step, ...more] = range.split('/');
  if (more.length > 0) return `too many slashes: ${range}`;
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))
    return `step of range should be a positive number: ${range}`;
  if (span === '*' || span === '?') return undefined;
  const [first = '', last, ...rest] = span.split('-');
  if (rest.length > 0) return `too many hyphens: ${range}`;
  const low = valueOf(first, bounds);
  const high = last === undefined ? low : valueOf(last, bounds);
  if (low === undefined) return `failed to parse int from ${first}: ${range}`;
  if (high === undefined) return `failed to parse int from ${last ?? ''}: ${range}`;
  if (low < bounds.low) return `beginning of range (${low}) below minimum (${bounds.low}): ${range}`;
  if (high > bounds.high) return `end of range (${high}) above maximum (${bounds.high}): ${range}`;
  return low > high ? `beginning of range (${low}) beyond end of range (${high}): ${range}` : undefined;
}

function valueOf(text: string, { words, low }: Bounds): number | undefined {
  const word = words?.indexOf(text.toLowerCase()) ?? -1;
  if (word >= 0) return word + low;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
