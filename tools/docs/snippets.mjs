// Puts the code of examples into the documentation: what follows a `<!-- snippet: PATH -->` comment is the file at PATH.
// `node tools/docs/snippets.mjs` writes, `--check` fails where a page is behind its example.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = process.argv.includes('--check');
const pages = ['README.md', ...globSync(['docs/guides/*.md', 'packages/*/README.md'], { cwd: root })];
const snippet = /<!-- snippet: (\S+) -->\n(?:\n?```\w*\n[\s\S]*?\n```\n)?/g;

let stale = 0;
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const next = text.replace(snippet, (_, path) => {
    const code = readFileSync(join(root, path), 'utf8').trimEnd();
    return `<!-- snippet: ${path} -->\n\n\`\`\`${extname(path).slice(1)}\n${code}\n\`\`\`\n`;
  });
  if (next === text) continue;
  stale++;
  if (check) process.stderr.write(`${page} is behind its examples: run \`npm run generate\`\n`);
  else writeFileSync(join(root, page), next);
}
if (check && stale > 0) process.exit(1);
