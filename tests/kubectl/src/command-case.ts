/** One row of the table: a command line, and what a user sees of it. */
export interface CommandCase {
  /** What follows `kubectl`, split at spaces; `'…'` keeps spaces. */
  readonly run: string;
  /** Handed to the command's standard input. */
  readonly stdin?: string;
  /** Handed to the editor of `kubectl edit`: a sed script. */
  readonly edit?: string;
  /** The exit code. Default: 0. */
  readonly exit?: number;
  /** Each must be in the output, or match it. */
  readonly out?: readonly (string | RegExp)[];
  /** Each must be in what it says on stderr, or match it. */
  readonly err?: readonly (string | RegExp)[];
  /** None of these may be in either. */
  readonly without?: readonly (string | RegExp)[];
  /** Minor versions of kubectl that know the command; default: all. */
  readonly since?: number;
  /** Run the command again until it does as expected, or ten seconds are over: for what controllers bring about. */
  readonly eventually?: true;
}

/** Splits a command line at spaces outside quotes and takes the quotes away, as a shell would. */
export function words(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|[^\s'])+/g), ([word]) => word.replaceAll("'", ''));
}
