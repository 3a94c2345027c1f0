/** What a conformance suite is: a program of somebody else that judges ours, case by case. */

export interface CaseResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly reason?: string;
}

export interface SuiteContext {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  progress(text: string): void;
}

export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** What must be on the machine, as names of environment variables or programs; for `--help`. */
  readonly needs: readonly string[];
  /** Where the judge is missing, answers one skipped case that names what is missing. */
  run(context: SuiteContext): Promise<readonly CaseResult[]>;
}
