// What is known of each package from its manifest and from the rules of the floors.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The packages in the order of their names, with what they export and which others they import and may import. */
export function readPackages(root) {
  const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
      const rule = forbidden.find(({ name }) => name === `floor-${folder}`);
      return {
        folder,
        name: manifest.name,
        entries: Object.keys(manifest.exports ?? {}).map((entry) => join(manifest.name, entry)),
        imports: Object.keys(manifest.dependencies ?? {}).filter(isOurs),
        optional: Object.keys(manifest.peerDependencies ?? {}).filter(isOurs),
        floor: rule && Number(/\(floor (\d+)\)/.exec(rule.comment)[1]),
        mayImport: rule && /below it: (.*)$/.exec(rule.comment)[1].split(', '),
      };
    })
    .map((one, _, all) => ({ ...one, isLimited: all.some((other) => isFreer(other, one)) }));
}

const isOurs = (name) => /^(@kubewright\/|kubewright$)/.test(name);
const isFreer = (other, one) => other.floor === one.floor && other.mayImport.length > one.mayImport.length;
