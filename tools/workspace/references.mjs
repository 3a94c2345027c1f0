// Keeps TypeScript's project references equal to the workspaces' dependencies.
// `node tools/workspace/references.mjs` writes them, `--check` fails when a file would change.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = process.argv.includes('--check');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const folders = json(join(root, 'package.json')).workspaces.flatMap((pattern) =>
  pattern.endsWith('/*') && existsSync(join(root, pattern.slice(0, -2)))
    ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => join(pattern.slice(0, -2), name))
    : [pattern],
);
const packages = new Map();
for (const folder of folders) {
  if (!existsSync(join(root, folder, 'package.json')) || !existsSync(join(root, folder, 'src'))) continue;
  const manifest = json(join(root, folder, 'package.json'));
  packages.set(manifest.name, { folder, manifest });
}

let stale = 0;
function put(path, content) {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (existsSync(path) && JSON.stringify(json(path)) === JSON.stringify(content)) return;
  stale++;
  if (check) process.stderr.write(`${relative(root, path)} is stale: run \`npm run generate\`\n`);
  else writeFileSync(path, text);
}

for (const { folder, manifest } of packages.values()) {
  const base = relative(join(root, folder), join(root, 'tsconfig.base.json'));
  const references = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    .filter((name) => packages.has(name))
    .sort()
    .map((name) => ({ path: relative(join(root, folder), join(root, packages.get(name).folder)) }));
  const path = join(root, folder, 'tsconfig.json');
  const own = existsSync(path) ? json(path) : {};
  put(path, { ...own, extends: base, references });
}
put(join(root, 'tsconfig.json'), {
  files: [],
  references: [...packages.values()].map(({ folder }) => ({ path: folder })).sort((a, b) => (a.path < b.path ? -1 : 1)),
});
if (check && stale > 0) process.exit(1);
