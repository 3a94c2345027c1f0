import { Worker } from 'node:worker_threads';
import { statusErrors } from '@kubewright/api';
import { Clock, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, Timer } from '@kubewright/core';
import type { YamlReply, YamlRequest } from './yaml.worker.js';

/** Shorter texts are parsed where they arrive, in characters: the worst of this length takes a few milliseconds. */
const shortText = 2048;
/** A text of the largest allowed body that is written by people takes less, also on a slow machine. */
const deadline = 10_000;
/** So many texts of one user wait; the largest body is 3 MiB. */
const waitingPerUser = 4;
/** So many texts wait at all. */
const waitingInAll = 32;
/** The thread ends where it needs more, in MiB. */
const maximumHeap = 512;

interface Job {
  readonly text: string;
  resolve(json: string): void;
  reject(error: Error): void;
}

/**
 * Parses YAML for many users: long texts on a thread of its own, one at a time, the users in turn. A text that takes too long
 * is refused, and its thread ends. The thread starts with the first long text and does not keep the process alive.
 */
@Plugin({ name: 'yaml-reader' })
export class YamlReader implements AsyncDisposable, Lifecycle {
  readonly #clock: Clock;
  /** What waits, by user, in the order in which the users' turns come. */
  readonly #waiting = new Map<string, Job[]>();
  #worker: Worker | undefined;
  #current: { readonly id: number; readonly job: Job; readonly timer: Timer } | undefined;
  #lastId = 0;
  #waitingJobs = 0;
  #closed = false;

  constructor(@inject(Clock) clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The JSON of a YAML text.
   *
   * @param user - whose turn is used up.
   * @throws Error that says what is wrong with the text; 429 where too many wait.
   */
  async toJson(text: string, user: string): Promise<string> {
    if (text.length <= shortText) {
      // With the first text: a server that nobody sends YAML loads no parser.
      const { yamlToJson } = await import('./yaml.worker.js');
      return yamlToJson(text);
    }
    const queue = this.#waiting.get(user) ?? [];
    if (this.#closed || queue.length >= waitingPerUser || this.#waitingJobs >= waitingInAll)
      throw statusErrors.tooManyRequests('too many YAML texts wait to be parsed, please try again later.', 1);
    return await new Promise<string>((resolve, reject) => {
      queue.push({ text, resolve, reject });
      this.#waiting.set(user, queue);
      this.#waitingJobs++;
      this.#next();
    });
  }

  stop(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#finish()?.reject(new Error('the server stops'));
    for (const job of waiting) job.reject(new Error('the server stops'));
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const [user, queue] = this.#waiting.entries().next().value ?? [];
    const job = queue?.shift();
    if (user === undefined || queue === undefined || job === undefined) return;
    this.#waitingJobs--;
    // Who was served goes to the end.
    this.#waiting.delete(user);
    if (queue.length > 0) this.#waiting.set(user, queue);
    const id = ++this.#lastId;
    const timer = this.#clock.setTimer(deadline, () =>
      this.#giveUp(`parsing the text took more than ${deadline / 1000} s`),
    );
    this.#current = { id, job, timer };
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, text: job.text } satisfies YamlRequest, []);
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./yaml.worker.${extension}`, import.meta.url), {
      workerData: { yaml: true },
      resourceLimits: { maxOldGenerationSizeMb: maximumHeap },
    });
    worker.unref();
    worker.on('message', (reply: YamlReply) => {
      if (reply.id !== this.#current?.id) return;
      const job = this.#finish();
      if ('json' in reply) job?.resolve(reply.json);
      else job?.reject(new Error(reply.problem));
      this.#next();
    });
    worker.on('error', () => this.#lost(worker));
    worker.on('exit', () => this.#lost(worker));
    return worker;
  }

  #lost(worker: Worker): void {
    if (worker === this.#worker) this.#giveUp('the text needs too much memory');
  }

  /** Ends the thread with the text that it works on; the next text gets a new one. */
  #giveUp(problem: string): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    this.#finish()?.reject(new Error(problem));
    this.#next();
  }

  #finish(): Job | undefined {
    const current = this.#current;
    current?.timer.cancel();
    this.#current = undefined;
    return current?.job;
  }
}
