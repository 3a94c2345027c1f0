import type { LogFields } from '@kubewright/core';

/** From the least important to the most. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Takes finished entries. */
export type LogSink = (level: LogLevel, message: string, fields: LogFields) => void;
