import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

/** The import rules of the workspace, run on a small workspace of the test's own. */
describe('import rules', () => {
  let workspace: string;

  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'floors-'));
    copyFileSync(join(root, '.dependency-cruiser.cjs'), join(workspace, '.dependency-cruiser.cjs'));
    for (const name of ['core', 'api', 'informer', 'apiserver', 'controllers']) {
      write(
        `packages/${name}/package.json`,
        JSON.stringify({
          name: `@kubewright/${name}`,
          exports: { '.': { '@kubewright/source': './src/index.ts' } },
          dependencies: {
            '@kubewright/core': '0.1.0',
            '@kubewright/api': '0.1.0',
            '@kubewright/informer': '0.1.0',
            '@kubewright/apiserver': '0.1.0',
          },
        }),
      );
      write(`packages/${name}/src/index.ts`, 'export const x = 1;\n');
      write(`packages/${name}/src/inner/secret.ts`, 'export const secret = 1;\n');
      mkdirSync(join(workspace, 'node_modules/@kubewright'), { recursive: true });
      symlinkSync(join(workspace, 'packages', name), join(workspace, 'node_modules/@kubewright', name));
    }
  });
  afterEach(() => rmSync(workspace, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }

  function violations(): string[] {
    const result = spawnSync(process.execPath, [cruiser, '--output-type', 'json', 'packages'], {
      cwd: workspace,
      encoding: 'utf8',
    });
    if (result.stdout === '') throw new Error(result.stderr);
    const { summary } = JSON.parse(result.stdout) as {
      summary: { violations: { rule: { name: string }; from: string }[] };
    };
    return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
  }

  it('allow imports from floors below, through public entries', () => {
    write('packages/informer/src/use.ts', "import { x } from '@kubewright/api';\nexport const y = x;\n");
    expect(violations()).toEqual([]);
  });

  it('refuse an upward import', () => {
    write('packages/core/src/up.ts', "import { x } from '@kubewright/api';\nexport const y = x;\n");
    expect(violations()).toEqual(['floor-core: packages/core/src/up.ts']);
  });

  it('refuse a neighbour on the same floor', () => {
    write('packages/controllers/src/side.ts', "import { x } from '@kubewright/apiserver';\nexport const y = x;\n");
    expect(violations()).toEqual(['floor-controllers: packages/controllers/src/side.ts']);
  });

  it('refuse a path into another package, a cycle, and what no package.json declares', () => {
    write(
      'packages/informer/src/deep.ts',
      "import { secret } from '../../api/src/inner/secret.js';\nexport const y = secret;\n",
    );
    write('packages/api/src/a.ts', "import { b } from './b.js';\nexport const a = (): unknown => b;\n");
    write('packages/api/src/b.ts', "import { a } from './a.js';\nexport const b = (): unknown => a;\n");
    write('packages/api/src/far.ts', "import far from 'far-away';\nexport const y: unknown = far;\n");
    const found = violations();
    expect(found).toContain('only-public-entries: packages/informer/src/deep.ts');
    expect(found).toContain('no-cycles: packages/api/src/a.ts');
    expect(found).toContain('resolvable: packages/api/src/far.ts');
  });
});
