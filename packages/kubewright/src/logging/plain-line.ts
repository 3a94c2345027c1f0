import type { LogFields } from '@kubewright/core';
import type { LogLevel } from './log-sink.js';

/** One line: `12:00:00 WARN  message  key=value`; an error's stack follows on lines of its own. */
export function formatPlainLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const { error, ...others } = fields;
  const texts = Object.entries(others).map(([key, value]) => `${key}=${formatValue(value)}`);
  const cause =
    error === undefined ? [] : [error instanceof Error ? (error.stack ?? error.message) : formatValue(error)];
  const head = [time.toISOString().slice(11, 19), level.toUpperCase().padEnd(5), message, ...texts].join(' ');
  return [head, ...cause.map((text) => `  ${text.replaceAll('\n', '\n  ')}`)].join('\n');
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (jsonOf(value) ?? String(value));
  return /^[\w./:@-]+$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text);
}

/** Undefined for what JSON cannot hold. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
