import { appendData, CodeBuffer, socketOption, verbBytes } from './code.js';
import type { DataName, ShimData, ShimLayout } from './code.js';

/** Numbers of x86-64 registers. r12 to r15 and rbx, rbp keep their values over a system call. */
const register = { rax: 0, rdx: 2, rsi: 6, rdi: 7, r8: 8, r9: 9, r10: 10 } as const;
type Register = keyof typeof register;

/** System calls of x86-64. */
const call = { read: 0, write: 1, socket: 41, connect: 42, sendto: 44, setsockopt: 54, execve: 59, exit: 60 } as const;
const condition = { aboveOrEqual: 0x3, equal: 0x4, notEqual: 0x5, sign: 0x8, lessOrEqual: 0xe } as const;
const streamCloseOnExec = 1 | 0o2000000;
const noSignal = 0x4000;

/** The instructions that the program uses. Jumps are always the long form: the size does not matter, the simplicity does. */
class X64 extends CodeBuffer {
  constructor(readonly layout: ShimLayout) {
    super();
  }

  /** mov register, 32-bit value; the upper half becomes zero. */
  set(to: Register, value: number): void {
    if (register[to] >= 8) this.emit(0x41);
    this.emit(0xb8 + (register[to] & 7));
    this.emit32(value);
  }

  /** mov register, the address of a constant. */
  address(to: Register, label: DataName): void {
    this.set(to, 0);
    this.whenKnown(label, this.position - 4, (_word, target) => this.layout.codeAddress + target);
  }

  jump(label: string): void {
    this.emit(0xe9);
    this.#relative(label);
  }

  jumpIf(kind: keyof typeof condition, label: string): void {
    this.emit(0x0f, 0x80 + condition[kind]);
    this.#relative(label);
  }

  invoke(label: string): void {
    this.emit(0xe8);
    this.#relative(label);
  }

  system(number: number): void {
    this.set('rax', number);
    this.emit(0x0f, 0x05);
  }

  /** mov rax, eight bytes */
  setEight(bytes: Buffer): void {
    this.emit(0x48, 0xb8, ...bytes);
  }

  /** test rax, rax */
  testResult(): void {
    this.emit(0x48, 0x85, 0xc0);
  }

  #relative(label: string): void {
    const at = this.position;
    this.emit32(0);
    this.whenKnown(label, at, (_word, target) => target - (at + 4));
  }
}

/**
 * rbx: the variable looked at, rbp: the first variable; r12: end of what is collected; r13: end of the memory;
 * r14: the socket; r15: the first eight bytes of the verb, its zero byte among them.
 */
export function x64Program(data: ShimData, layout: ShimLayout): Buffer {
  const code = new X64(layout);
  const { bufferAddress, bufferLength } = layout;
  collectVariables(code, data, bufferAddress, bufferLength);
  connectDaemon(code, data);
  readInput(code, bufferAddress);
  exchange(code, bufferAddress);
  endings(code, data);
  appendData(code, data, layout);
  return code.finish();
}

function collectVariables(code: X64, data: ShimData, buffer: number, length: number): void {
  code.emit(0x48, 0x8b, 0x04, 0x24); // mov rax, [rsp]: the number of arguments
  code.emit(0x48, 0x8d, 0x6c, 0xc4, 0x10); // lea rbp, [rsp + rax * 8 + 16]: the variables
  code.emit(0x48, 0x89, 0xeb); // mov rbx, rbp
  code.emit(0x41, 0xbc); // mov r12d, after the header
  code.emit32(buffer + 12);
  code.emit(0x41, 0xbd); // mov r13d, the end of the memory
  code.emit32(buffer + length);
  code.emit(0x45, 0x31, 0xff); // xor r15d, r15d, which clears all of it
  code.address('rsi', 'type');
  code.invoke('copy');
  code.label('nextVariable');
  code.emit(0x48, 0x8b, 0x33); // mov rsi, [rbx]
  code.emit(0x48, 0x83, 0xc3, 0x08); // add rbx, 8
  code.emit(0x48, 0x85, 0xf6); // test rsi, rsi
  code.jumpIf('equal', 'variablesDone');
  code.emit(0x81, 0x3e, ...Buffer.from('CNI_')); // cmp dword [rsi], "CNI_"
  code.jumpIf('notEqual', 'nextVariable');
  code.setEight(Buffer.from('CNI_COMM'));
  code.emit(0x48, 0x39, 0x06); // cmp [rsi], rax
  code.jumpIf('notEqual', 'keepVariable');
  code.emit(0x81, 0x7e, 0x08, ...Buffer.from('AND=')); // cmp dword [rsi + 8], "AND="
  code.jumpIf('notEqual', 'keepVariable');
  // After the last variable there are the program's path and eight zero bytes, so this reads nothing that is not there.
  code.emit(0x4c, 0x8b, 0x7e, 0x0c); // mov r15, [rsi + 12]
  code.label('keepVariable');
  code.invoke('copy');
  code.jump('nextVariable');
  code.label('variablesDone');
  code.setEight(verbBytes('VERSION'));
  code.emit(0x49, 0x39, 0xc7); // cmp r15, rax
  code.jumpIf('notEqual', 'connect');
  print(code, 'version', data.version.length, 0);
}

function connectDaemon(code: X64, data: ShimData): void {
  code.label('connect');
  code.set('rdi', 1);
  code.set('rsi', streamCloseOnExec);
  code.set('rdx', 0);
  code.system(call.socket);
  code.testResult();
  code.jumpIf('sign', 'away');
  code.emit(0x49, 0x89, 0xc6); // mov r14, rax
  compareStatus(code);
  code.jumpIf('notEqual', 'connectNow');
  for (const option of [socketOption.receiveTimeout, socketOption.sendTimeout]) {
    code.emit(0x4c, 0x89, 0xf7); // mov rdi, r14
    code.set('rsi', socketOption.level);
    code.set('rdx', option);
    code.address('r10', 'patience');
    code.set('r8', data.patience.length);
    code.system(call.setsockopt);
  }
  code.label('connectNow');
  code.emit(0x4c, 0x89, 0xf7); // mov rdi, r14
  code.address('rsi', 'socketAddress');
  code.set('rdx', data.socketAddress.length);
  code.system(call.connect);
  code.testResult();
  code.jumpIf('sign', 'away');
}

function readInput(code: X64, buffer: number): void {
  code.emit(0x44, 0x89, 0xe0); // mov eax, r12d
  code.emit(0x2d); // sub eax, after the header: the length of the variables
  code.emit32(buffer + 12);
  code.emit(0x89, 0x04, 0x25); // mov [buffer + 4], eax
  code.emit32(buffer + 4);
  code.emit(0x4c, 0x89, 0xe3); // mov rbx, r12: where stdin starts
  code.label('readMore');
  code.emit(0x4c, 0x89, 0xea); // mov rdx, r13
  code.emit(0x4c, 0x29, 0xe2); // sub rdx, r12: what there is room for
  code.jumpIf('equal', 'requestTooLarge');
  code.set('rdi', 0);
  code.emit(0x4c, 0x89, 0xe6); // mov rsi, r12
  code.system(call.read);
  code.testResult();
  code.jumpIf('lessOrEqual', 'inputDone');
  code.emit(0x49, 0x01, 0xc4); // add r12, rax
  code.jump('readMore');
  code.label('inputDone');
  code.emit(0x44, 0x89, 0xe0); // mov eax, r12d
  code.emit(0x29, 0xd8); // sub eax, ebx: the length of stdin
  code.emit(0x89, 0x04, 0x25); // mov [buffer + 8], eax
  code.emit32(buffer + 8);
  code.emit(0xc7, 0x04, 0x25); // mov dword [buffer], the magic
  code.emit32(buffer);
  code.emit(...Buffer.from('KWC1'));
}

function exchange(code: X64, buffer: number): void {
  code.emit(0xbb); // mov ebx, buffer: what is to be sent
  code.emit32(buffer);
  code.label('sendMore');
  code.emit(0x4c, 0x89, 0xe2); // mov rdx, r12
  code.emit(0x48, 0x29, 0xda); // sub rdx, rbx
  code.jumpIf('equal', 'sent');
  code.emit(0x4c, 0x89, 0xf7); // mov rdi, r14
  code.emit(0x48, 0x89, 0xde); // mov rsi, rbx
  code.set('r10', noSignal);
  code.set('r8', 0);
  code.set('r9', 0);
  code.system(call.sendto);
  code.testResult();
  code.jumpIf('lessOrEqual', 'unavailable');
  code.emit(0x48, 0x01, 0xc3); // add rbx, rax
  code.jump('sendMore');
  code.label('sent');
  code.emit(0x41, 0xbc); // mov r12d, buffer: where the reply goes
  code.emit32(buffer);
  code.label('receiveMore');
  code.emit(0x4c, 0x89, 0xea); // mov rdx, r13
  code.emit(0x4c, 0x29, 0xe2); // sub rdx, r12
  code.emit(0x4c, 0x89, 0xf7); // mov rdi, r14
  code.emit(0x4c, 0x89, 0xe6); // mov rsi, r12
  code.system(call.read);
  code.testResult();
  code.jumpIf('lessOrEqual', 'received');
  code.emit(0x49, 0x01, 0xc4); // add r12, rax
  code.jump('receiveMore');
  code.label('received');
  code.emit(0x44, 0x89, 0xe0); // mov eax, r12d
  code.emit(0x2d); // sub eax, after the reply's header
  code.emit32(buffer + 8);
  code.jumpIf('sign', 'unavailable');
  code.emit(0x3b, 0x04, 0x25); // cmp eax, [buffer + 4]: is the reply whole?
  code.emit32(buffer + 4);
  code.jumpIf('notEqual', 'unavailable');
  code.emit(0x8b, 0x1c, 0x25); // mov ebx, [buffer]: the exit code
  code.emit32(buffer);
  code.emit(0x89, 0xc2); // mov edx, eax
  code.set('rsi', buffer + 8);
  code.jump('print');
}

function endings(code: X64, data: ShimData): void {
  // What the daemon does not answer is answered here, or by a start of Node while nothing of stdin has been read.
  code.label('away');
  if (data.fallback.length > 0) {
    code.address('rsi', 'fallbackVector');
    code.emit(0x48, 0x8b, 0x3e); // mov rdi, [rsi]: the program
    code.emit(0x48, 0x89, 0xea); // mov rdx, rbp: the variables
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

  // rsi: text, rdx: its length, ebx: the exit code.
  code.label('print');
  code.emit(0x48, 0x85, 0xd2); // test rdx, rdx
  code.jumpIf('equal', 'exit');
  code.set('rdi', 1);
  code.system(call.write);
  code.testResult();
  code.jumpIf('lessOrEqual', 'exit');
  code.emit(0x48, 0x01, 0xc6); // add rsi, rax
  code.emit(0x48, 0x29, 0xc2); // sub rdx, rax
  code.jump('print');
  code.label('exit');
  code.emit(0x89, 0xdf); // mov edi, ebx
  code.system(call.exit);

  // Copies the text at rsi, its zero byte included, to r12. The last byte of the memory stays free.
  code.label('copy');
  code.emit(0x4d, 0x39, 0xec); // cmp r12, r13
  code.jumpIf('aboveOrEqual', 'requestTooLarge');
  code.emit(0x8a, 0x06); // mov al, [rsi]
  code.emit(0x41, 0x88, 0x04, 0x24); // mov [r12], al
  code.emit(0x49, 0xff, 0xc4); // inc r12
  code.emit(0x48, 0xff, 0xc6); // inc rsi
  code.emit(0x84, 0xc0); // test al, al
  code.jumpIf('notEqual', 'copy');
  code.emit(0xc3); // ret
}

/** The flags tell whether the verb is STATUS. With its zero byte that has seven bytes: the eighth is shifted out. */
function compareStatus(code: X64): void {
  code.setEight(Buffer.concat([Buffer.alloc(1), verbBytes('STATUS').subarray(0, 7)]));
  code.emit(0x4c, 0x89, 0xf9); // mov rcx, r15
  code.emit(0x48, 0xc1, 0xe1, 0x08); // shl rcx, 8
  code.emit(0x48, 0x39, 0xc1); // cmp rcx, rax
}

function print(code: X64, text: DataName, length: number, exitCode: number): void {
  code.address('rsi', text);
  code.set('rdx', length);
  code.emit(0xbb); // mov ebx, the exit code
  code.emit32(exitCode);
  code.jump('print');
}
