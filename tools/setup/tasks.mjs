// The workspace's tasks: which programs each npm script runs, in order; the last one gets the command line's arguments.
// `build: false` marks those that work from source alone.
const vitest = 'node_modules/vitest/vitest.mjs';

export const tasks = {
  start: { steps: [['examples/website-operator/dist/demo/demo.js']] },
  build: { steps: [] },
  test: { steps: [[vitest, 'run']] },
  bench: { steps: [['bench/dist/main.js']] },
  conformance: { steps: [['conformance/dist/main.js']] },
  fuzz: { steps: [['tests/fuzz/dist/main.js']] },
  soak: {
    nodeOptions: ['--expose-gc'],
    steps: [['tests/durability/dist/soak.js'], ['tests/cri/dist/soak.js'], ['tests/soak/dist/main.js']],
  },
  lint: {
    steps: [
      ['tools/workspace/references.mjs', '--check'],
      ['tools/docs/snippets.mjs', '--check'],
      ['tools/docs/generate.mjs', '--check'],
      ['tools/house/main.mjs'],
      ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'],
      ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '.'],
      [
        'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
        'packages',
        'examples',
        'tests',
        'bench',
        'conformance',
      ],
      ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'],
      ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    ],
  },
  docs: { steps: [['node_modules/typedoc/bin/typedoc']] },
  api: { steps: [['tools/api-report/report.mjs']] },
  generate: {
    build: false,
    steps: [
      ['tools/workspace/references.mjs'],
      ['tools/api/generate.mjs'],
      ['tools/docs/snippets.mjs'],
      ['tools/docs/generate.mjs'],
    ],
  },
};
