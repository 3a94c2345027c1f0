/** What a registry holds, in the text formats that scrapers read: Prometheus 0.0.4 and OpenMetrics 1.0.0. */
import type { Labels, MetricFamily, Sample } from './metrics.js';

const prometheus = 'text/plain; version=0.0.4; charset=utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/**
 * Writes metrics out.
 *
 * @param accept - the request's `Accept` header. OpenMetrics is written where it is preferred to plain text, plain text otherwise.
 */
export function exposition(families: readonly MetricFamily[], accept = ''): Exposition {
  const open = prefersOpenMetrics(accept);
  const lines = families.flatMap((family) => familyLines(family, open));
  if (open) lines.push('# EOF');
  return { contentType: open ? openMetrics : prometheus, body: lines.map((line) => `${line}\n`).join('') };
}

function prefersOpenMetrics(accept: string): boolean {
  let best = { open: false, weight: 0 };
  for (const wish of accept.split(',')) {
    const [type = '', ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    const open = type === 'application/openmetrics-text';
    if ((open || type === 'text/plain' || type === '*/*') && weight > best.weight) best = { open, weight };
  }
  return best.open;
}

function familyLines({ name, help, type, samples }: MetricFamily, open: boolean): string[] {
  // OpenMetrics names a counter without the ending that its samples have.
  const family = open && type === 'counter' ? name.replace(/_total$/, '') : name;
  const sample = open && type === 'counter' ? `${family}_total` : name;
  return [
    `# HELP ${family} ${escapeHelp(help, open)}`,
    `# TYPE ${family} ${type}`,
    ...samples.flatMap((one) =>
      type === 'histogram' ? histogramLines(name, one) : [`${sample}${labelText(one.labels)} ${number(one.value)}`],
    ),
  ];
}

function histogramLines(name: string, { labels, value, count = 0, buckets = [] }: Sample): string[] {
  const bucket = (atMost: number, below: number): string =>
    `${name}_bucket${labelText({ ...labels, le: number(atMost) })} ${below}`;
  return [
    ...buckets.map((one) => bucket(one.atMost, one.count)),
    bucket(Infinity, count),
    `${name}_sum${labelText(labels)} ${number(value)}`,
    `${name}_count${labelText(labels)} ${count}`,
  ];
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels).map(([name, value]) => `${name}="${escapeQuoted(value)}"`);
  return entries.length === 0 ? '' : `{${entries.join(',')}}`;
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string, open: boolean): string {
  return open ? escapeQuoted(text) : text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
}

function escapeQuoted(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('"', String.raw`\"`);
}
