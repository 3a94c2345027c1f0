/**
 * Archives of the tar family, as bytes: names and values in them need be no text. A name is kept as a string whose characters
 * are its bytes (latin1). Neighbours: `layers` and `archives` take the members; nothing here writes.
 */

/** The bytes of a stream of tar-stream, whose types promise no more than that something comes. */
export const archiveBytes = (stream: AsyncIterable<unknown>): AsyncIterable<Uint8Array> =>
  stream as AsyncIterable<Uint8Array>;
