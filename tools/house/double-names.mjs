// Names that the packages' doors export with two meanings.
import { dirname, join } from 'node:path';

/**
 * Each name that stands for two declarations, with the places of both.
 *
 * @param sources - all sources of the packages
 * @param doors - paths of the sources that are entries of packages, by the name under which they are imported
 */
export function doubleNames(sources, doors) {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const meanings = new Map();
  for (const path of new Set(doors.values())) {
    for (const [name, place] of exportsOf(path, byPath, doors)) {
      if (!meanings.has(name)) meanings.set(name, new Set());
      meanings.get(name).add(place);
    }
  }
  return [...meanings]
    .filter(([name, places]) => name !== 'default' && places.size > 1)
    .map(([name, places]) => `${name}: ${[...places].sort((a, b) => (a < b ? -1 : 1)).join(', ')}`)
    .sort();
}

/** The names a module exports and the file that declares each; a name of a foreign package is declared there. */
function exportsOf(path, byPath, doors) {
  const source = byPath.get(path);
  if (source === undefined) return new Map();
  const found = new Map();
  const imported = importsOf(source);
  const follow = (module, name) => {
    const target = targetOf(path, module, doors);
    return target === undefined ? module : (exportsOf(target, byPath, doors).get(name) ?? target);
  };
  for (const statement of source.program.body) {
    if (statement.type === 'ExportAllDeclaration') {
      const target = targetOf(path, statement.source.value, doors);
      if (statement.exported) found.set(statement.exported.name, target ?? statement.source.value);
      else for (const [name, place] of target ? exportsOf(target, byPath, doors) : []) found.set(name, place);
    }
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const name of statement.declaration ? declaredBy(statement.declaration) : []) found.set(name, path);
    for (const { local, exported } of statement.specifiers) {
      const origin = statement.source ? { module: statement.source.value, name: local.name } : imported.get(local.name);
      found.set(exported.name, origin ? follow(origin.module, origin.name) : path);
    }
  }
  return found;
}

function importsOf({ program }) {
  const imported = new Map();
  for (const { type, source, specifiers } of program.body) {
    if (type !== 'ImportDeclaration') continue;
    for (const { local, imported: name } of specifiers) {
      if (name) imported.set(local.name, { module: source.value, name: name.name });
    }
  }
  return imported;
}

function declaredBy(declaration) {
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name];
  return declaration.declarations.flatMap(({ id }) =>
    id.type === 'ObjectPattern' ? id.properties.map(({ value }) => value.name) : [id.name],
  );
}

function targetOf(path, module, doors) {
  return module.startsWith('.') ? join(dirname(path), module).replace(/\.js$/, '.ts') : doors.get(module);
}
