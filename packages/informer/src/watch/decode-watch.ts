import { StatusError } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { WatchEvent } from '../client/options.js';
import { LineSplitter } from './line-splitter.js';
import { parseEvent } from './raw-event.js';

/** Each event of a watch body, none merged. An ERROR event is thrown as the `StatusError` it carries. */
export async function* decodeWatch<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>, void> {
  const splitter = new LineSplitter();
  for await (const chunk of body) {
    const lines: string[] = [];
    splitter.push(chunk, (line) => lines.push(line));
    for (const line of lines) {
      const event = parseEvent(line);
      if (event.type === 'ERROR') throw StatusError.from(event.object);
      yield event as WatchEvent<T>;
    }
  }
}
