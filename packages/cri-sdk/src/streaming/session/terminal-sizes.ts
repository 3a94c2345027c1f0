import type { Readable } from 'node:stream';
import { recordOf } from '@kubewright/core';
import type { TerminalSize } from './streaming-runtime.js';

/** A size in JSON has about thirty characters. */
const longestMessage = 256;

/** The sizes that a resize stream carries: JSON objects after each other. What is no size is left out. */
export async function* terminalSizes(stream: Readable | undefined): AsyncGenerator<TerminalSize> {
  if (stream === undefined) return;
  let rest = '';
  try {
    for await (const chunk of stream) {
      const messages = (rest + String(chunk)).split('}');
      rest = (messages.pop() ?? '').slice(-longestMessage);
      for (const message of messages) {
        const size = parseSize(`${message}}`);
        if (size !== undefined) yield size;
      }
    }
  } catch {
    // The client is gone, and no further size comes.
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = recordOf(JSON.parse(text));
    return isLength(width) && isLength(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

/** Terminals count in 16 bits. */
function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}
