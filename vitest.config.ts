import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests run from source: the custom export condition makes every workspace package resolve to its `src`. */
const conditions = ['@kubewright/source'];

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  resolve: { conditions },
  // Node's own conditions: 'module' is for bundlers, and some packages have files there that Node cannot load.
  ssr: { resolve: { conditions: [...conditions, 'node', 'import', 'default'] } },
  test: {
    reporters: ['default', './tools/vitest/summary-reporter.ts'],
    restoreMocks: true,
    // Many tests wait for processes that they started: with a file more than there are cores, nothing is idle.
    maxWorkers: availableParallelism() + 1,
    // What is polled for comes at once, or late on a machine that does much else.
    expect: { poll: { timeout: 20_000 } },
    coverage: { include: ['packages/*/src/**'], exclude: ['**/generated/**', '**/*.test.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'bench/src/**/*.test.ts',
            'conformance/src/**/*.test.ts',
          ],
          isolate: false,
          // None needs a second; on a machine that does much else at once it may take many.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/*/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
          // What they import takes longer than many of them: it is loaded once for each worker.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
