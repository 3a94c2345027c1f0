import type { LogFields, Logger } from '@kubewright/core';

/** A logger whose failures stay its own: whether a line could be written decides nothing about a request. */
export function steadyLogger(logger: Logger): Logger {
  const attempt = (write: () => void): void => {
    try {
      write();
    } catch {
      // There is nobody left to tell.
    }
  };
  return {
    debug: (message, fields) => attempt(() => logger.debug(message, fields)),
    info: (message, fields) => attempt(() => logger.info(message, fields)),
    warn: (message, fields) => attempt(() => logger.warn(message, fields)),
    error: (message, fields) => attempt(() => logger.error(message, fields)),
    child(fields: LogFields): Logger {
      let child = logger;
      attempt(() => (child = logger.child(fields)));
      return steadyLogger(child);
    },
  };
}
