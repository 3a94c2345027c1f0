/** Structured logging as an injected service. The core knows only this interface; the facade binds a real logger to it. */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** An error object goes in the field `error`. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}

export const Logger: Token<Logger> = token('@kubewright/core/Logger');

/** Says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
