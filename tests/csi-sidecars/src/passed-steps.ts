import { appendFileSync, readFileSync } from 'node:fs';

/** The steps at which a program has been killed, in a file that outlives it. */
export class PassedSteps {
  readonly #file: string;
  readonly #passed: ReadonlySet<string>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
    this.#passed = new Set(readFileSync(file, 'utf8').split('\n'));
  }

  /** Ends the process the way an operator or the kernel would, the first time that a step is passed. */
  pass(step: string): void {
    if (this.#passed.has(step)) return;
    appendFileSync(this.#file, `${step}\n`);
    process.kill(process.pid, 'SIGKILL');
  }

  /** Passes a step when the work for it is done; one after another, so that no other is half done then. */
  after<T>(step: string, work: () => Promise<T>, isDone: (result: T) => boolean = () => true): Promise<T> {
    const mine = this.#last.then(async () => {
      const result = await work();
      if (isDone(result)) this.pass(step);
      return result;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
