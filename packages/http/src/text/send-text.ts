/** Answers of plain text. */
import type { Outgoing } from '../endpoint/options.js';

/** Answers with plain text, as probes and people read it. */
export function sendText(outgoing: Outgoing, status: number, text: string): void {
  outgoing.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  outgoing.end(`${text}\n`);
}
