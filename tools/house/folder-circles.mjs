// Folders of a package that import each other in a circle, types included. A file at the top of a package is a room of its own.
import { dirname, join } from 'node:path';
import { modulesOf } from './sources.mjs';

/** Each circle as the folders in it and one import for each step between them. */
export function folderCircles(sources) {
  const imports = new Map();
  for (const source of sources) {
    const from = roomOf(source.path);
    for (const module of modulesOf(source).filter((name) => name.startsWith('.'))) {
      const file = join(dirname(source.path), module);
      const to = roomOf(file);
      if (to === from) continue;
      if (!imports.has(from)) imports.set(from, new Map());
      imports.get(from).set(to, `${source.path} → ${file}`);
    }
  }
  return circlesOf(imports).map((folders) => {
    const inside = new Set(folders);
    const steps = folders.flatMap((from) =>
      [...(imports.get(from) ?? [])].flatMap(([to, step]) => (inside.has(to) ? [step] : [])),
    );
    return `${folders.join(', ')}\n    ${steps.join('\n    ')}`;
  });
}

const roomOf = (path) => (/^packages\/[^/]+\/src\/[^/]+$/.test(path) ? path.replace(/\.[jt]s$/, '') : dirname(path));

/** The strongly connected parts with more than one member (Tarjan). */
function circlesOf(edges) {
  const state = new Map();
  const stack = [];
  const circles = [];
  let next = 0;
  function visit(node) {
    const own = { index: next, low: next++, onStack: true };
    state.set(node, own);
    stack.push(node);
    for (const to of edges.get(node)?.keys() ?? []) {
      const other = state.get(to);
      if (other === undefined) own.low = Math.min(own.low, visit(to).low);
      else if (other.onStack) own.low = Math.min(own.low, other.index);
    }
    if (own.low === own.index) {
      const members = stack.splice(stack.indexOf(node));
      for (const member of members) state.get(member).onStack = false;
      if (members.length > 1) circles.push(members.sort((a, b) => (a < b ? -1 : 1)));
    }
    return own;
  }
  for (const node of edges.keys()) if (!state.has(node)) visit(node);
  return circles;
}
