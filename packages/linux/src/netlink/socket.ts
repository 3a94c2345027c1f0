import { linuxErrors } from '../errors.js';
import { errnoName, errnoNumber } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';
import type { LibcOutcome } from '../ffi/libc.js';
import type { NetworkNamespace } from '../namespaces/network-namespace.js';
import { inNamespace } from '../namespaces/enter.js';
import { controlType, decodeAcknowledgement, decodeMessages, encodeMessage, messageFlag, refusal } from './message.js';
import type { Acknowledgement, NetlinkAnswer, NetlinkMessage, NetlinkRequest } from './message.js';

const family = 16;
const rawCloseOnExec = 3 | 0o2000000;
const socketLevel = { socket: 1, netlink: 270 } as const;
const option = {
  receiveTimeout: 20,
  sendBufferForce: 32,
  receiveBufferForce: 33,
  cappedAck: 10,
  extendedAck: 11,
  strictCheck: 12,
} as const;
const dontWait = 0x40;

/** The kernel fills at most 32 KiB for one receive of a dump; batches are acknowledged in small pieces. */
const receiveSize = 64 * 1024;
/** Requests of one send: their acknowledgements must fit into the receive buffer together. */
const batchLimit = { requests: 256, bytes: 96 * 1024 } as const;
/** A dump that was interrupted by a change is read again; the Go implementation gives up after as many. */
const dumpAttempts = 5;
/** Seconds that the kernel may keep an answer back; it normally answers during the send. */
const answerTimeout = 30;
const bufferSize = 4 * 1024 * 1024;

export interface NetlinkSocketOptions {
  /** NETLINK_ROUTE is 0, NETLINK_NETFILTER is 12. */
  readonly protocol: number;
  /** The namespace whose tables it works on, for as long as the socket lives. Default: the process's own. */
  readonly namespace?: NetworkNamespace;
}

/**
 * A netlink socket. Calls may be made concurrently; they are taken in their order. Sends and waits run on the thread pool,
 * since a change waits for the routing lock and a deletion for RCU; the event loop is not held.
 * The owner closes it. A call in progress cannot be cancelled: the kernel has no way to.
 */
export class NetlinkSocket implements AsyncDisposable {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafeSlow(receiveSize);
  #sequence = 0;
  /** The end of the last call in progress. */
  #tail: Promise<unknown> | undefined;
  #closed = false;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens the socket inside `namespace`; it stays there, so later calls need no change of namespace. */
  static open({ protocol, namespace }: NetlinkSocketOptions): NetlinkSocket {
    const c = libc();
    const create = (): number => c.call('socket', 'netlink', family, rawCloseOnExec, protocol);
    const descriptor = namespace === undefined ? create() : inNamespace(namespace, create);
    try {
      const address = Buffer.alloc(12);
      address.writeUInt16LE(family);
      c.call('bind', 'netlink', descriptor, address, address.length);
      const timeout = Buffer.alloc(16);
      timeout.writeBigInt64LE(BigInt(answerTimeout));
      c.call('setsockopt', 'netlink', descriptor, socketLevel.socket, option.receiveTimeout, timeout, timeout.length);
      // The larger buffers need a privilege; without it the defaults serve, and small batches still fit.
      for (const name of [option.receiveBufferForce, option.sendBufferForce]) {
        c.attempt('setsockopt', descriptor, socketLevel.socket, name, int(bufferSize), 4);
      }
      for (const name of [option.cappedAck, option.extendedAck, option.strictCheck]) {
        c.call('setsockopt', 'netlink', descriptor, socketLevel.netlink, name, int(1), 4);
      }
    } catch (error) {
      c.attempt('close', descriptor);
      throw error;
    }
    return new NetlinkSocket(descriptor);
  }

  /**
   * Sends all requests at once and waits for each answer. The kernel takes them in order and goes on after a failure.
   * @throws KW_LINUX_NETLINK of the first that was refused; the others were tried all the same.
   */
  async run(...requests: readonly NetlinkRequest[]): Promise<void> {
    const answers = await this.settle(requests);
    answers.forEach((answer, index) => {
      const request = requests[index];
      if (answer.errno !== 0 && request !== undefined) throw refusal(request, answer, index);
    });
  }

  /**
   * As `run`, but a refusal is a value: the answers stand in the order of the requests. Among changes there may be requests to
   * show one thing, which see what the changes before them did.
   */
  settle(requests: readonly NetlinkRequest[]): Promise<NetlinkAnswer[]> {
    return this.#exclusive(async () => {
      const answers: NetlinkAnswer[] = [];
      for (let done = 0; done < requests.length;) {
        const first = this.#sequence + 1;
        const encoded = this.#encode(requests.slice(done));
        await this.#send(Buffer.concat(encoded));
        answers.push(...(await this.#acknowledgements(first, encoded.length)));
        done += encoded.length;
      }
      return answers;
    });
  }

  /**
   * Reads a whole table, again if it changed meanwhile. However long it is, the event loop gets a turn every 32 KiB.
   *
   * @param read - makes a value of each message, which is valid during the call alone; undefined leaves it out.
   * @throws KW_LINUX_NETLINK_INTERRUPTED where it changed on each of 5 attempts.
   */
  dump<T>(request: NetlinkRequest, read: (message: NetlinkMessage) => T | undefined): Promise<T[]> {
    return this.#exclusive(async () => {
      for (let attempt = 0; attempt < dumpAttempts; attempt += 1) {
        const found = await this.#dumpOnce(request, read);
        if (found !== undefined) return found;
      }
      throw linuxErrors.NETLINK_INTERRUPTED({ request: request.purpose, attempts: dumpAttempts });
    });
  }

  /**
   * Sends requests between a begin and an end, in one piece, for protocols that take all or none (nfnetlink).
   * The answers stand in the order of the requests; where the whole was refused, each has that refusal.
   */
  transaction(
    begin: NetlinkRequest,
    requests: readonly NetlinkRequest[],
    end: NetlinkRequest,
  ): Promise<Acknowledgement[]> {
    return this.#exclusive(async () => {
      const first = this.#sequence + 1;
      this.#sequence += requests.length + 2;
      const inner = messageFlag.request | messageFlag.acknowledge;
      const messages = requests.map((request, index) => encodeMessage(request, first + 1 + index, inner));
      const opening = encodeMessage(begin, first, messageFlag.request);
      const closing = encodeMessage(end, first + 1 + requests.length, messageFlag.request);
      await this.#send(Buffer.concat([opening, ...messages, closing]));
      return this.#acknowledgements(first + 1, requests.length, first);
    });
  }

  /** Asks about a link of the socket's namespace on this thread, which takes no lock and so does not wait. */
  control(request: number, argument: Buffer): LibcOutcome {
    if (this.#closed) throw linuxErrors.CLOSED({ what: 'the netlink socket' });
    return libc().attempt('ioctl', this.#descriptor, request, argument);
  }

  /** Closes after the calls in progress. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#tail;
    libc().attempt('close', this.#descriptor);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What nobody is before starts at once, so that the kernel works while the caller goes on. */
  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw linuxErrors.CLOSED({ what: 'the netlink socket' });
    const mine = this.#tail === undefined ? work() : this.#tail.then(work);
    const tail = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#tail = tail;
    try {
      return await mine;
    } finally {
      if (this.#tail === tail) this.#tail = undefined;
    }
  }

  #encode(requests: readonly NetlinkRequest[]): Buffer[] {
    const encoded: Buffer[] = [];
    let bytes = 0;
    for (const request of requests) {
      const message = encodeMessage(request, this.#sequence + 1, messageFlag.request | messageFlag.acknowledge);
      bytes += message.length;
      if (encoded.length === batchLimit.requests || (encoded.length > 0 && bytes > batchLimit.bytes)) break;
      this.#sequence += 1;
      encoded.push(message);
    }
    return encoded;
  }

  async #dumpOnce<T>(
    request: NetlinkRequest,
    read: (message: NetlinkMessage) => T | undefined,
  ): Promise<T[] | undefined> {
    const sequence = ++this.#sequence;
    await this.#send(encodeMessage(request, sequence, messageFlag.request | messageFlag.dump));
    const found: T[] = [];
    for (let interrupted = false; ;) {
      for (const message of await this.#receiveLater()) {
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & messageFlag.dumpInterrupted) !== 0;
        if (message.type === controlType.done || message.type === controlType.error) {
          const answer = decodeAcknowledgement(message);
          if (errnoName(answer.errno) === 'EINTR' || (answer.errno === 0 && interrupted)) return undefined;
          if (answer.errno !== 0) throw refusal(request, answer, 0);
          return found;
        }
        const value = read(message);
        if (value !== undefined) found.push(value);
      }
    }
  }

  /** @param whole - the number whose refusal stands for all. */
  async #acknowledgements(first: number, count: number, whole?: number): Promise<NetlinkAnswer[]> {
    const answers: NetlinkAnswer[] = Array.from({ length: count });
    const shown = new Map<number, NetlinkMessage>();
    for (let missing = count; missing > 0;) {
      for (const message of await this.#receive()) {
        const index = message.sequence - first;
        if (message.type === controlType.error && message.sequence === whole) {
          const refused = decodeAcknowledgement(message);
          return answers.fill(refused);
        }
        if (index < 0 || index >= count || answers[index] !== undefined) continue;
        if (message.type !== controlType.error) {
          shown.set(index, copyOf(message));
          continue;
        }
        const answer = decodeAcknowledgement(message);
        const what = shown.get(index);
        answers[index] = what === undefined ? answer : { ...answer, shown: what };
        missing -= 1;
      }
    }
    return answers;
  }

  async #send(bytes: Buffer): Promise<void> {
    await libc().callLater('send', 'netlink', this.#descriptor, bytes, bytes.length, 0);
  }

  /** What is there already, as answers to changes are, is taken without a change of thread. */
  async #receive(): Promise<NetlinkMessage[]> {
    const outcome = libc().attempt('recv', this.#descriptor, this.#buffer, receiveSize, dontWait);
    return outcome.errno === errnoNumber('EAGAIN') ? this.#receiveLater() : this.#accept(outcome);
  }

  /** A thread of the pool waits; for a dump it also does the work, since the kernel fills the answer on demand. */
  async #receiveLater(): Promise<NetlinkMessage[]> {
    return this.#accept(await libc().attemptLater('recv', this.#descriptor, this.#buffer, receiveSize, 0));
  }

  #accept({ value, errno }: LibcOutcome): NetlinkMessage[] {
    if (errno !== 0) throw linuxErrors.SYSCALL({ call: 'recv', errno: errnoName(errno), target: 'netlink' });
    return decodeMessages(this.#buffer.subarray(0, value));
  }
}

function copyOf(message: NetlinkMessage): NetlinkMessage {
  return { ...message, body: Buffer.from(message.body) };
}

function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}
