/**
 * Decoding of watch streams: from chunks of bytes to lines, from lines to the keys they are about, and to objects only
 * where somebody needs them. Pure: no connection, no retry (see `reflector`).
 */
import { StatusError } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { nextTurn } from '@kubewright/core/async';
import type { WatchEvent } from '../client/options.js';
import { LineSplitter } from '../watch/line-splitter.js';
import { parseEvent } from '../watch/raw-event.js';

/** Steps between two turns of the event loop: a body that is always there would let nothing else run. */
const stepsPerTurn = 64;

/** Each event of a watch body, none merged. An ERROR event is thrown as the `StatusError` it carries. */
export async function* decodeWatch<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>, void> {
  const splitter = new LineSplitter();
  let steps = 0;
  for await (const chunk of body) {
    if (++steps % stepsPerTurn === 0) await nextTurn();
    const lines: string[] = [];
    splitter.push(chunk, (line) => lines.push(line));
    for (const line of lines) {
      if (++steps % stepsPerTurn === 0) await nextTurn();
      const event = parseEvent(line);
      if (event.type === 'ERROR') throw StatusError.from(event.object);
      yield event as WatchEvent<T>;
    }
  }
}
