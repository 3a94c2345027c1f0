/** More bytes of frames than this are not kept: who wants one then makes it anew. */
const maximumBytes = 8 * 1024 * 1024;

/** The frames that watchers were sent of the newest events, shared by those who want the same; forgotten with the next events. */
export class FrameStore {
  readonly #frames = new Map<string, Uint8Array>();
  #bytes = 0;

  /** The frame of this name, made where it is not there. */
  get(id: string, make: () => Uint8Array): Uint8Array {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const frame = make();
    if (this.#bytes + frame.length > maximumBytes) this.clear();
    this.#frames.set(id, frame);
    this.#bytes += frame.length;
    return frame;
  }

  clear(): void {
    this.#frames.clear();
    this.#bytes = 0;
  }
}
