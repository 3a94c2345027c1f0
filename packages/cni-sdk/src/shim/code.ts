/** Where the program's data ends up in memory; the programs name these. */
export interface ShimLayout {
  /** Address of the first instruction. */
  readonly codeAddress: number;
  /** Address of the zeroed memory in which a request is collected. */
  readonly bufferAddress: number;
  readonly bufferLength: number;
}

/** The constants that stand after the code. */
export interface ShimData {
  /** By which the installer knows a shim. */
  readonly mark: Buffer;
  readonly socketAddress: Buffer;
  /** How long STATUS waits for the daemon: a `timeval`. */
  readonly patience: Buffer;
  /** The plugin's type, with its zero byte. */
  readonly type: Buffer;
  readonly version: Buffer;
  /** What is printed when the daemon is away, for STATUS and for the others. */
  readonly notAvailable: Buffer;
  readonly tryAgain: Buffer;
  readonly tooLarge: Buffer;
  /** What to execute when the daemon is away: program and arguments, each with its zero byte. Empty: nothing. */
  readonly fallback: readonly Buffer[];
}

export type DataName = Exclude<keyof ShimData, 'fallback'> | 'fallbackVector';

/** A verb with its zero byte, as eight bytes of memory; the rest is zero. */
export function verbBytes(verb: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.write(verb);
  return bytes;
}

/** Of `setsockopt`. */
export const socketOption = { level: 1, receiveTimeout: 20, sendTimeout: 21 } as const;

/** Bytes with labels. Positions that are not known yet are filled in by `finish`. */
export class CodeBuffer {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixups: ((bytes: number[]) => void)[] = [];

  get position(): number {
    return this.#bytes.length;
  }

  emit(...bytes: readonly number[]): void {
    this.#bytes.push(...bytes);
  }

  emit32(value: number): void {
    this.emit(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
  }

  label(name: string): void {
    this.#labels.set(name, this.position);
  }

  align(to: number): void {
    while (this.position % to !== 0) this.emit(0);
  }

  data(name: string, content: Uint8Array): void {
    this.label(name);
    this.emit(...content);
  }

  /** Lets `patch` change the four bytes at `at` once the distance to a label is known. */
  whenKnown(label: string, at: number, patch: (word: number, target: number) => number): void {
    this.#fixups.push((bytes) => {
      const target = this.#labels.get(label);
      if (target === undefined) throw new RangeError(`the shim's code names the unknown label '${label}'`);
      const word = [0, 1, 2, 3].reduce((sum, index) => sum | ((bytes[at + index] ?? 0) << (8 * index)), 0);
      const patched = patch(word, target);
      for (let index = 0; index < 4; index += 1) bytes[at + index] = (patched >>> (8 * index)) & 0xff;
    });
  }

  finish(): Buffer {
    const bytes = [...this.#bytes];
    for (const fixup of this.#fixups) fixup(bytes);
    return Buffer.from(bytes);
  }
}

/** Puts the constants after the code. The vector holds the addresses of the fallback's words and ends with zero. */
export function appendData(code: CodeBuffer, data: ShimData, layout: ShimLayout): void {
  code.align(8);
  code.label('fallbackVector');
  data.fallback.forEach((_, index) => {
    code.whenKnown(`fallback${index}`, code.position, (_word, target) => layout.codeAddress + target);
    code.emit32(0);
    code.emit32(0);
  });
  code.emit32(0);
  code.emit32(0);
  data.fallback.forEach((word, index) => code.data(`fallback${index}`, word));
  const { fallback: _, ...named } = data;
  for (const [name, content] of Object.entries(named)) code.data(name, content);
}
