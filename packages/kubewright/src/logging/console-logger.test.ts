import { describe, expect, it } from 'vitest';
import { loggerTo } from './console-logger.js';
import type { LogSink } from './log-sink.js';
import { formatPlainLine } from './plain-line.js';

describe('loggerTo', () => {
  it('drops what is less important, and adds the fields of its ancestors', () => {
    const entries: unknown[][] = [];
    const sink: LogSink = (...entry) => void entries.push(entry);
    const logger = loggerTo(sink, 'info', { app: 'a' }).child({ part: 'b' });
    logger.debug('no');
    logger.info('yes', { part: 'c', n: 1 });
    logger.error('too');
    expect(entries).toEqual([
      ['info', 'yes', { app: 'a', part: 'c', n: 1 }],
      ['error', 'too', { app: 'a', part: 'b' }],
    ]);
  });
});

describe('formatPlainLine', () => {
  const time = new Date(Date.UTC(2026, 0, 1, 12, 30, 5));

  it('writes fields after the message', () => {
    const fields = { pod: 'default/web', note: 'two words', count: 3, list: [1], none: undefined };
    expect(formatPlainLine(time, 'warn', 'look', fields)).toBe(
      '12:30:05 WARN  look pod=default/web note="two words" count=3 list=[1] none=undefined',
    );
  });

  it('writes an error below it, and survives what JSON cannot hold', () => {
    const error = Object.assign(new Error('broken'), { stack: 'Error: broken\nat here' });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(formatPlainLine(time, 'error', 'failed', { error, circular })).toBe(
      '12:30:05 ERROR failed circular=[object Object]\n  Error: broken\n  at here',
    );
  });
});
