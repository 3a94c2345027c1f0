import type { LogFields, Logger } from '@kubewright/core';

/** Tells of warnings and errors, a line each, with the fields as JSON. @param write - takes the lines; where a command says what is wrong. */
export function lineLogger(write: (line: string) => void, fields: LogFields = {}): Logger {
  const say =
    (level: string) =>
    (message: string, more: LogFields = {}): void =>
      write(`${level}: ${message} ${JSON.stringify({ ...fields, ...more }, errorsAsText)}\n`);
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: say('warning'),
    error: say('error'),
    child: (more) => lineLogger(write, { ...fields, ...more }),
  };
}

function errorsAsText(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
