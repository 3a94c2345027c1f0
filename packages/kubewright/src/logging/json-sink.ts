import { createRequire } from 'node:module';
import type { Logger as Pino, pino } from 'pino';
import type { LogSink } from './log-sink.js';

/** One JSON object per line on stderr, by pino. It is loaded with the first line, since most short commands log none. */
export function openJsonSink(): LogSink {
  let opened: Pino | undefined;
  return (level, message, fields) => {
    opened ??= open();
    opened[level](fields, message);
  };
}

function open(): Pino {
  const create = createRequire(import.meta.url)('pino') as typeof pino;
  return create(
    {
      level: 'debug',
      base: null,
      messageKey: 'message',
      timestamp: create.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: create.stdSerializers.err },
    },
    create.destination({ fd: 2, sync: true }),
  );
}
