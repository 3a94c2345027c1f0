/**
 * The logger of programs, by itself: for a program that logs and must not load the framework to do so.
 *
 * @packageDocumentation
 */
export { consoleLogger } from './console-logger.js';
export type { ConsoleLoggerOptions } from './console-logger.js';
export type { LogLevel } from './log-sink.js';
