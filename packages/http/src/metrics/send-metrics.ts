/** What a port says of the metrics of its program. What is recorded, and in which format it is written, is the business of `core`. */
import { exposition } from '@kubewright/core';
import type { Metrics } from '@kubewright/core';
import type { Incoming, Outgoing } from '../endpoint/options.js';

/** Answers with what was recorded, in the format that the scraper prefers. Who may read it, its caller has decided. */
export function sendMetrics({ headers }: Incoming, outgoing: Outgoing, metrics: Metrics): void {
  const { contentType, body } = exposition(metrics.collect(), headers.accept);
  outgoing.writeHead(200, { 'content-type': contentType, 'x-content-type-options': 'nosniff', vary: 'Accept' });
  outgoing.end(body);
}
