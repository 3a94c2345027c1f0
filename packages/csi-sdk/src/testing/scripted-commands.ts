import type { CommandResult, Commands } from '../mount/commands.js';

/** Answers a command line; undefined for success without output. */
export type CommandAnswer = (line: string) => CommandResult | undefined;

/** Answers command lines as it was told to, with success unless told otherwise, and keeps them. */
export class ScriptedCommands implements Commands {
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
