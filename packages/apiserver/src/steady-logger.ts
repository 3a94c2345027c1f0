/** What the server writes into the log, and that a log that fails fails alone. */
import { Logger, Plugin, inject } from '@kubewright/core';
import type { LogFields } from '@kubewright/core';

/** The host's logger, whose failures stay its own: whether a line could be written decides nothing about a request. */
@Plugin({ name: 'server-log' })
export class SteadyLogger implements Logger {
  readonly #logger: Logger;

  constructor(@inject(Logger) logger: Logger) {
    this.#logger = logger;
  }

  debug(message: string, fields?: LogFields): void {
    attempt(() => this.#logger.debug(message, fields));
  }

  info(message: string, fields?: LogFields): void {
    attempt(() => this.#logger.info(message, fields));
  }

  warn(message: string, fields?: LogFields): void {
    attempt(() => this.#logger.warn(message, fields));
  }

  error(message: string, fields?: LogFields): void {
    attempt(() => this.#logger.error(message, fields));
  }

  child(fields: LogFields): Logger {
    let child = this.#logger;
    attempt(() => (child = this.#logger.child(fields)));
    return new SteadyLogger(child);
  }
}

function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // There is nobody left to tell.
  }
}
