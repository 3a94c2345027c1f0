/**
 * The logger of programs: readable lines for a person at a terminal, JSON for machines. Libraries only know the interface
 * `Logger`; where else lines go is the business of whoever reads the process's output.
 */
import type { LogFields, Logger } from '@kubewright/core';
import { logLevels } from './log-sink.js';
import type { LogLevel, LogSink } from './log-sink.js';
import { formatPlainLine } from './plain-line.js';
import { openJsonSink } from './json-sink.js';

export interface ConsoleLoggerOptions {
  /** Less important lines are dropped. Default: `info`. */
  readonly level?: LogLevel;
  /** Default: `plain` where stderr is a terminal, `json` (by pino) otherwise. */
  readonly format?: 'plain' | 'json';
  /** Added to each line. */
  readonly fields?: LogFields;
}

/** A logger that writes to stderr. */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = 'info', format = process.stderr.isTTY ? 'plain' : 'json', fields = {} } = options;
  return loggerTo(format === 'plain' ? plainSink : openJsonSink(), level, fields);
}

/** A logger over a sink; children share it. */
export function loggerTo(sink: LogSink, lowest: LogLevel, fields: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, extra: LogFields = {}): void => {
      if (logLevels.indexOf(level) >= logLevels.indexOf(lowest)) sink(level, message, { ...fields, ...extra });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (extra) => loggerTo(sink, lowest, { ...fields, ...extra }),
  };
}

const plainSink: LogSink = (level, message, fields) =>
  void process.stderr.write(`${formatPlainLine(new Date(), level, message, fields)}\n`);
