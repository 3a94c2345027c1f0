/** The bytes of a stream of tar-stream, whose types promise no more than that something comes. */
export const archiveBytes = (stream: AsyncIterable<unknown>): AsyncIterable<Uint8Array> =>
  stream as AsyncIterable<Uint8Array>;
