import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { libc } from '../ffi/libc.js';
import { descriptorStream } from './descriptor-stream.js';

/** Requests of ioctl(2), from asm-generic/ioctls.h. */
const request = { get: 0x5401, set: 0x5402, resize: 0x5414, number: 0x80045430, lock: 0x40045431 } as const;
/** The kernel's struct termios: four words of flags, a byte, and 19 control characters. */
const settingsLength = 36;
/** Eight bits, input is read, and a speed, since none would mean that nobody is there. */
const rawControl = 0o60 | 0o200 | 0o17;
const leastBytes = 17 + 6;

/** A pair of terminals: what is written at one end is read at the other. It passes bytes as they are. */
export class PseudoTerminal implements Disposable {
  /** For the program, as its input and outputs. Close it once the program has it. */
  readonly programEnd: number;
  /** For whoever shows the program. It ends when the program's end is closed. Destroy it, never `end` it. */
  readonly stream: Socket;
  readonly #master: number;
  #open = true;

  /** @throws KW_LINUX_SYSCALL, and errors of the file system. */
  constructor() {
    const c = libc();
    const flags = constants.O_RDWR | constants.O_NOCTTY;
    this.#master = openSync('/dev/ptmx', flags | constants.O_NONBLOCK);
    try {
      c.call('ioctl', '/dev/ptmx', this.#master, request.lock, Buffer.alloc(4));
      const number = Buffer.alloc(4);
      c.call('ioctl', '/dev/ptmx', this.#master, request.number, number);
      const path = `/dev/pts/${number.readUInt32LE()}`;
      this.programEnd = openSync(path, flags);
      c.call('ioctl', path, this.programEnd, request.set, rawSettings());
      // A second descriptor, since the stream closes its own.
      this.stream = descriptorStream(c.call('dup', undefined, this.#master));
      endWithProgram(this.stream);
    } catch (error) {
      closeSync(this.#master);
      throw error;
    }
  }

  resize({ width, height }: { readonly width: number; readonly height: number }): void {
    const size = Buffer.alloc(8);
    size.writeUInt16LE(height, 0);
    size.writeUInt16LE(width, 2);
    libc().call('ioctl', 'terminal', this.#master, request.resize, size);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.stream.destroy();
    closeSync(this.#master);
  }
}

/** The kernel tells by EIO that the program's end is closed. As an error it would drop what was read and not taken yet. */
function endWithProgram(stream: Socket): void {
  const destroy = stream.destroy.bind(stream);
  let isOver = false;
  stream.destroy = (error?: NodeJS.ErrnoException) => {
    if (error?.code !== 'EIO') return destroy(error);
    if (!isOver) {
      isOver = true;
      stream.push(null);
      stream.read(0);
    }
    return stream;
  };
}

function rawSettings(): Buffer {
  const settings = Buffer.alloc(settingsLength);
  settings.writeUInt32LE(rawControl, 8);
  settings[leastBytes] = 1;
  return settings;
}
