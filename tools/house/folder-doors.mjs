// Folders without a door: the file at which one begins to read, and whose first comment says what the folder is for, how it meets its
// neighbours, and what it does not do.
import { basename, dirname } from 'node:path';

/** Each folder of a package whose door begins without a comment of its own, as the path of the door. */
export function missingDoors(sources) {
  const folders = new Map();
  for (const source of sources.filter(({ path }) => !/^packages\/[^/]+\/src\/[^/]+$/.test(path)))
    folders.set(dirname(source.path), [...(folders.get(dirname(source.path)) ?? []), source]);
  return [...folders]
    .map(([folder, inside]) => doorOf(folder, inside))
    .filter((door) => !beginsWithComment(door))
    .map(({ path }) => path);
}

/** `index.ts`, or the file that is named like the folder (in the singular, too), or the first by name. */
function doorOf(folder, sources) {
  const named = ['index', basename(folder), basename(folder).replace(/s$/, '')];
  const doors = named.map((name) => sources.find(({ path }) => basename(path) === `${name}.ts`));
  return doors.find((door) => door !== undefined) ?? sources.toSorted((a, b) => (a.path < b.path ? -1 : 1))[0];
}

/** Whether a comment stands at the head that is not the one of the first declaration. */
function beginsWithComment({ text, program }) {
  if (!text.startsWith('/**')) return false;
  const rest = text.slice(text.indexOf('*/') + 2);
  const [first] = program.body;
  const isDeclaration = first !== undefined && !first.type.startsWith('Import') && first.source == null;
  return rest.startsWith('\n\n') || !isDeclaration || rest.trimStart().startsWith('/**');
}
