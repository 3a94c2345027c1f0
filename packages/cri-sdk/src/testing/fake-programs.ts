/** What a program of the in-memory runtime printed, and how it ended. */
export interface FakeProgramOutput {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode: number;
}

/** A program that ends by itself, unless the signal aborts first. */
export type FakeProgram = (args: readonly string[], signal: AbortSignal) => Promise<FakeProgramOutput>;

/** The programs that every image of the in-memory runtime has. */
export const fakePrograms: Readonly<Record<string, FakeProgram>> = {
  true: async () => ({ exitCode: 0 }),
  false: async () => ({ exitCode: 1 }),
  /** Prints its words. */
  echo: async (args) => ({ stdout: `${args.join(' ')}\n`, exitCode: 0 }),
  /** Prints its words as an error. */
  warn: async (args) => ({ stderr: `${args.join(' ')}\n`, exitCode: 0 }),
  exit: async ([code]) => ({ exitCode: Number(code) }),
  /** Runs until it is told to stop. */
  wait: (_args, signal) =>
    new Promise((resolve) => {
      const end = (): void => resolve({ exitCode: 143 });
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    }),
};
