import type { CommandResult, Commands } from '../mount/commands.js';

/** Answers a command line; undefined for success without output. */
export type CommandAnswer = (line: string) => CommandResult | undefined;

/** Programs that only pretend. It keeps the command lines it was given. */
export class FakeCommands implements Commands {
  readonly lines: string[] = [];
  readonly #answer: CommandAnswer;

  constructor(answer: CommandAnswer = () => undefined) {
    this.#answer = answer;
  }

  run(command: string, args: readonly string[]): Promise<CommandResult> {
    const line = [command, ...args].join(' ');
    this.lines.push(line);
    return Promise.resolve(this.#answer(line) ?? { status: 0, output: '' });
  }
}
