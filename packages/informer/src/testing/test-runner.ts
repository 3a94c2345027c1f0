/** The part of a test runner that the suites use; vitest, jest and node:test have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}
