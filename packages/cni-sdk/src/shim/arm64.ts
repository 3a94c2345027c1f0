import { appendData, CodeBuffer, socketOption, verbBytes } from './code.js';
import type { DataName, ShimData, ShimLayout } from './code.js';

/** System calls of arm64. */
const call = {
  read: 63,
  write: 64,
  exit: 93,
  socket: 198,
  connect: 203,
  sendto: 206,
  setsockopt: 208,
  execve: 221,
} as const;
const condition = { equal: 0, notEqual: 1, carrySet: 2, minus: 4, lessOrEqual: 13 } as const;
const streamCloseOnExec = 1 | 0o2000000;
const noSignal = 0x4000;
const sp = 31;
const zero = 31;

/** The instructions that the program uses, four bytes each. Registers go by their numbers. */
class Arm64 extends CodeBuffer {
  constructor(readonly layout: ShimLayout) {
    super();
  }

  /** movz and movk: a 32-bit value. */
  set(to: number, value: number): void {
    this.emit32(0xd2800000 | ((value & 0xffff) << 5) | to);
    this.emit32(0xf2a00000 | (((value >>> 16) & 0xffff) << 5) | to);
  }

  /** `set`, and movk for the upper half: eight bytes as a load gives them. */
  setEight(to: number, bytes: Buffer): void {
    this.set(to, bytes.readUInt32LE(0));
    this.emit32(0xf2c00000 | (bytes.readUInt16LE(4) << 5) | to);
    this.emit32(0xf2e00000 | (bytes.readUInt16LE(6) << 5) | to);
  }

  /** The address of a constant, as `set` writes it. */
  address(to: number, label: DataName): void {
    const at = this.position;
    this.set(to, 0);
    const half = (target: number, shift: number): number =>
      (((this.layout.codeAddress + target) >>> shift) & 0xffff) << 5;
    this.whenKnown(label, at, (word, target) => word | half(target, 0));
    this.whenKnown(label, at + 4, (word, target) => word | half(target, 16));
  }

  /** mov */
  copy(to: number, from: number): void {
    this.emit32(0xaa0003e0 | (from << 16) | to);
  }

  add(to: number, left: number, right: number): void {
    this.emit32(0x8b000000 | (right << 16) | (left << 5) | to);
  }

  /** subs: the flags tell how it came out. */
  subtract(to: number, left: number, right: number): void {
    this.emit32(0xeb000000 | (right << 16) | (left << 5) | to);
  }

  /** subs in 32 bits. */
  subtract32(to: number, left: number, right: number): void {
    this.emit32(0x6b000000 | (right << 16) | (left << 5) | to);
  }

  compare(left: number, right: number): void {
    this.subtract(zero, left, right);
  }

  compare32(left: number, right: number): void {
    this.subtract32(zero, left, right);
  }

  /** ldr in 64 bits; the offset counts bytes. */
  load(to: number, base: number, offset = 0): void {
    this.emit32(0xf9400000 | ((offset / 8) << 10) | (base << 5) | to);
  }

  load32(to: number, base: number, offset = 0): void {
    this.emit32(0xb9400000 | ((offset / 4) << 10) | (base << 5) | to);
  }

  store32(from: number, base: number, offset = 0): void {
    this.emit32(0xb9000000 | ((offset / 4) << 10) | (base << 5) | from);
  }

  /** ldrb and strb that move the base on by one. */
  loadByteNext(to: number, base: number): void {
    this.emit32(0x38401400 | (base << 5) | to);
  }

  storeByteNext(from: number, base: number): void {
    this.emit32(0x38001400 | (base << 5) | from);
  }

  jump(label: string): void {
    this.#branch(0x14000000, label, 0x3ffffff, 0);
  }

  invoke(label: string): void {
    this.#branch(0x94000000, label, 0x3ffffff, 0);
  }

  jumpIf(kind: keyof typeof condition, label: string): void {
    this.#branch(0x54000000 | condition[kind], label, 0x7ffff, 5);
  }

  /** cbz */
  jumpIfZero(what: number, label: string): void {
    this.#branch(0xb4000000 | what, label, 0x7ffff, 5);
  }

  giveBack(): void {
    this.emit32(0xd65f03c0);
  }

  system(number: number): void {
    this.set(8, number);
    this.emit32(0xd4000001);
  }

  #branch(instruction: number, label: string, mask: number, shift: number): void {
    const at = this.position;
    this.emit32(instruction);
    this.whenKnown(label, at, (word, target) => word | ((((target - at) >> 2) & mask) << shift));
  }
}

/** Four letters as the number that a load gives. */
function letters(text: string): number {
  return Buffer.from(text).readUInt32LE();
}

/**
 * x19: the variable looked at, x20: the first variable; x21: end of what is collected; x22: end of the memory;
 * x23: the socket; x24: the first eight bytes of the verb, its zero byte among them; x25: the buffer; x26: a place in it.
 */
export function arm64Program(data: ShimData, layout: ShimLayout): Buffer {
  const code = new Arm64(layout);
  collectVariables(code, data);
  connectDaemon(code, data);
  readInput(code);
  exchange(code);
  endings(code, data);
  appendData(code, data, layout);
  return code.finish();
}

function collectVariables(code: Arm64, data: ShimData): void {
  const { bufferAddress, bufferLength } = code.layout;
  code.load(0, sp); // the number of arguments
  code.emit32(0x910003e1); // mov x1, sp
  code.emit32(0x8b000c20); // add x0, x1, x0, lsl 3
  code.emit32(0x91004014); // add x20, x0, 16: the variables
  code.copy(19, 20);
  code.set(25, bufferAddress);
  code.set(21, bufferAddress + 12);
  code.set(22, bufferAddress + bufferLength);
  code.set(24, 0);
  code.address(1, 'type');
  code.invoke('copy');
  code.label('nextVariable');
  code.load(1, 19);
  code.emit32(0x91002273); // add x19, x19, 8
  code.jumpIfZero(1, 'variablesDone');
  code.load32(0, 1);
  code.set(2, letters('CNI_'));
  code.compare32(0, 2);
  code.jumpIf('notEqual', 'nextVariable');
  code.load32(0, 1, 4);
  code.set(2, letters('COMM'));
  code.compare32(0, 2);
  code.jumpIf('notEqual', 'keepVariable');
  code.load32(0, 1, 8);
  code.set(2, letters('AND='));
  code.compare32(0, 2);
  code.jumpIf('notEqual', 'keepVariable');
  // After the last variable there are the program's path and eight zero bytes, so this reads nothing that is not there.
  code.emit32(0xf840c038); // ldur x24, [x1, 12]
  code.label('keepVariable');
  code.invoke('copy');
  code.jump('nextVariable');
  code.label('variablesDone');
  code.setEight(2, verbBytes('VERSION'));
  code.compare(24, 2);
  code.jumpIf('notEqual', 'connect');
  print(code, 'version', data.version.length, 0);
}

function connectDaemon(code: Arm64, data: ShimData): void {
  code.label('connect');
  code.set(0, 1);
  code.set(1, streamCloseOnExec);
  code.set(2, 0);
  code.system(call.socket);
  code.compare(0, zero);
  code.jumpIf('minus', 'away');
  code.copy(23, 0);
  compareStatus(code);
  code.jumpIf('notEqual', 'connectNow');
  for (const option of [socketOption.receiveTimeout, socketOption.sendTimeout]) {
    code.copy(0, 23);
    code.set(1, socketOption.level);
    code.set(2, option);
    code.address(3, 'patience');
    code.set(4, data.patience.length);
    code.system(call.setsockopt);
  }
  code.label('connectNow');
  code.copy(0, 23);
  code.address(1, 'socketAddress');
  code.set(2, data.socketAddress.length);
  code.system(call.connect);
  code.compare(0, zero);
  code.jumpIf('minus', 'away');
}

function readInput(code: Arm64): void {
  code.subtract32(0, 21, 25);
  code.emit32(0x51003000); // sub w0, w0, 12: the length of the variables
  code.store32(0, 25, 4);
  code.copy(26, 21); // where stdin starts
  code.label('readMore');
  code.subtract(2, 22, 21); // what there is room for
  code.jumpIf('equal', 'requestTooLarge');
  code.set(0, 0);
  code.copy(1, 21);
  code.system(call.read);
  code.compare(0, zero);
  code.jumpIf('lessOrEqual', 'inputDone');
  code.add(21, 21, 0);
  code.jump('readMore');
  code.label('inputDone');
  code.subtract32(0, 21, 26);
  code.store32(0, 25, 8);
  code.set(0, letters('KWC1'));
  code.store32(0, 25);
}

function exchange(code: Arm64): void {
  code.copy(26, 25); // what is to be sent
  code.label('sendMore');
  code.subtract(2, 21, 26);
  code.jumpIf('equal', 'sent');
  code.copy(0, 23);
  code.copy(1, 26);
  code.set(3, noSignal);
  code.set(4, 0);
  code.set(5, 0);
  code.system(call.sendto);
  code.compare(0, zero);
  code.jumpIf('lessOrEqual', 'unavailable');
  code.add(26, 26, 0);
  code.jump('sendMore');
  code.label('sent');
  code.copy(21, 25); // where the reply goes
  code.label('receiveMore');
  code.subtract(2, 22, 21);
  code.copy(0, 23);
  code.copy(1, 21);
  code.system(call.read);
  code.compare(0, zero);
  code.jumpIf('lessOrEqual', 'received');
  code.add(21, 21, 0);
  code.jump('receiveMore');
  code.label('received');
  code.subtract32(2, 21, 25);
  code.emit32(0x71002042); // subs w2, w2, 8: the header
  code.jumpIf('minus', 'unavailable');
  code.load32(0, 25, 4);
  code.compare32(2, 0); // is the reply whole?
  code.jumpIf('notEqual', 'unavailable');
  code.load32(19, 25); // the exit code
  code.emit32(0x91002321); // add x1, x25, 8
  code.jump('print');
}

function endings(code: Arm64, data: ShimData): void {
  // What the daemon does not answer is answered here, or by a start of Node while nothing of stdin has been read.
  code.label('away');
  if (data.fallback.length > 0) {
    code.address(1, 'fallbackVector');
    code.load(0, 1); // the program
    code.copy(2, 20); // the variables
    code.system(call.execve);
  }
  code.label('unavailable');
  compareStatus(code);
  code.jumpIf('equal', 'statusUnavailable');
  print(code, 'tryAgain', data.tryAgain.length, 1);
  code.label('statusUnavailable');
  print(code, 'notAvailable', data.notAvailable.length, 1);
  code.label('requestTooLarge');
  print(code, 'tooLarge', data.tooLarge.length, 1);

  // x1: text, x2: its length, w19: the exit code. The call changes x0 alone.
  code.label('print');
  code.jumpIfZero(2, 'exit');
  code.set(0, 1);
  code.system(call.write);
  code.compare(0, zero);
  code.jumpIf('lessOrEqual', 'exit');
  code.add(1, 1, 0);
  code.subtract(2, 2, 0);
  code.jump('print');
  code.label('exit');
  code.copy(0, 19);
  code.system(call.exit);

  // Copies the text at x1, its zero byte included, to x21.
  code.label('copy');
  code.compare(21, 22);
  code.jumpIf('carrySet', 'requestTooLarge');
  code.loadByteNext(0, 1);
  code.storeByteNext(0, 21);
  code.emit32(0x92401c00); // and x0, x0, 255
  code.jumpIfZero(0, 'copied');
  code.jump('copy');
  code.label('copied');
  code.giveBack();
}

/** The flags tell whether the verb is STATUS. With its zero byte that has seven bytes: the eighth is shifted out. */
function compareStatus(code: Arm64): void {
  code.setEight(2, Buffer.concat([Buffer.alloc(1), verbBytes('STATUS').subarray(0, 7)]));
  code.emit32(0xd378df03); // lsl x3, x24, 8
  code.compare(3, 2);
}

function print(code: Arm64, text: DataName, length: number, exitCode: number): void {
  code.address(1, text);
  code.set(2, length);
  code.set(19, exitCode);
  code.jump('print');
}
