import type { RawMember } from '@kubewright/runtime/testing';

/** A file of a layer or of an image: what it says, where it leads, or what it holds. */
export type Node =
  | { readonly kind: 'file'; readonly content: string }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: Map<string, Node>; hidesLower: boolean };
type Directory = Extract<Node, { readonly kind: 'directory' }>;

/** What a layer has, and the paths of lower layers that it removes. */
interface Layer {
  readonly root: Directory;
  readonly removed: readonly string[][];
}

/** An archive that the rules of images do not allow. */
export class Refused extends Error {}

const emptyDirectory = (): Directory => ({ kind: 'directory', names: new Map(), hidesLower: false });

/**
 * What an image of these layers shows, worked out from the rules of the image specification alone: each layer first removes,
 * then adds. Nothing of it is shared with what it judges.
 *
 * @throws Refused
 */
export function imageOf(layers: readonly (readonly RawMember[])[]): Directory {
  const image = emptyDirectory();
  for (const members of layers) {
    const { root, removed } = layerOf(members);
    for (const path of removed) remove(image, path);
    add(image, root);
  }
  return image;
}

/** Lines that say all of a directory. */
export function linesOf(directory: Directory, prefix = ''): string[] {
  return [...directory.names]
    .flatMap(([name, node]) => {
      const path = `${prefix}/${name}`;
      if (node.kind === 'directory') return [`${path}/`, ...linesOf(node, path)];
      return [node.kind === 'file' ? `${path} = ${node.content}` : `${path} -> ${node.target}`];
    })
    .sort();
}

function layerOf(members: readonly RawMember[]): Layer {
  const root = emptyDirectory();
  const hidden: { readonly path: readonly string[]; readonly name?: string }[] = [];
  for (const member of members) {
    const path = partsOf(member.pax?.['path'] || (member.name ?? ''));
    const base = path.at(-1) ?? '';
    if (path.includes('..')) throw new Refused('..');
    if (path.some((part) => part.startsWith('.wh..wh.') && part !== '.wh..wh..opq')) continue;
    if (path.slice(0, -1).some((part) => part.startsWith('.wh.'))) throw new Refused('below a whiteout');
    if (base === '.wh..wh..opq') hidden.push({ path: path.slice(0, -1) });
    else if (base.startsWith('.wh.')) {
      if (['', '.', '..'].includes(base.slice(4))) throw new Refused('no name');
      hidden.push({ path: path.slice(0, -1), name: base.slice(4) });
    } else put(root, path, member);
  }
  const removed: string[][] = [];
  for (const { path, name } of hidden) {
    const at = directoryPath(root, path);
    if (at !== undefined) removed.push(name === undefined ? at : [...at, name]);
    // All of a directory goes, but the directory itself is the layer's.
    if (at !== undefined) makeDirectory(root, at);
  }
  collectReplaced(root, [], removed);
  return { root, removed };
}

function put(root: Directory, path: readonly string[], { flag = '0', linkName = '', content = '' }: RawMember): void {
  const parent = path.slice(0, -1);
  const name = path.at(-1);
  if (name === undefined) {
    if (flag !== '5') throw new Refused('the root');
    return;
  }
  // A link is looked up before anything is made or taken away for it.
  const linked = flag === '1' ? linkedFile(root, linkName) : undefined;
  const at = resolve(root, parent);
  if (linked !== undefined && [...at, name].join('/') === linked.path.join('/')) return;
  const directory = makeDirectory(root, at);
  if (directory === undefined) throw new Refused('below a file');
  const there = directory.names.get(name);
  if (flag === '5') {
    if (there?.kind === 'directory') return;
    directory.names.set(name, { ...emptyDirectory(), hidesLower: there !== undefined });
  } else if (linked !== undefined) {
    // What is cleared away for the link may have been what it leads to.
    directory.names.delete(name);
    if (find(root, linked.path) !== linked.node) throw new Refused('a link to nothing');
    directory.names.set(name, linked.node);
  } else if (flag === '2') directory.names.set(name, { kind: 'symlink', target: linkName });
  else directory.names.set(name, { kind: 'file', content: content.toString() });
}

function linkedFile(root: Directory, linkName: string): { readonly node: Node; readonly path: readonly string[] } {
  const parts = partsOf(linkName);
  if (parts.includes('..')) throw new Refused('a link out');
  const path = [...resolve(root, parts.slice(0, -1)), ...parts.slice(-1)];
  const node = find(root, path);
  if (node === undefined || node.kind === 'directory') throw new Refused('a link to nothing');
  return { node, path };
}

/** Follows links of the layer, whose root is the root of all paths. */
function resolve(root: Directory, path: readonly string[]): string[] {
  const waiting = [...path];
  let found: string[] = [];
  for (let links = 0; waiting.length > 0;) {
    const next = waiting.shift() ?? '';
    if (next === '..') {
      found = found.slice(0, -1);
      continue;
    }
    const node = find(root, [...found, next]);
    if (node?.kind !== 'symlink') {
      found.push(next);
      continue;
    }
    if (++links > 40) throw new Refused('a circle');
    if (node.target.startsWith('/')) found = [];
    waiting.unshift(...partsOf(node.target));
  }
  return found;
}

/** Where something hidden lies; undefined where a file of the layer is in the way. */
function directoryPath(root: Directory, path: readonly string[]): string[] | undefined {
  try {
    const at = resolve(root, path);
    return makeDirectory(root, at) === undefined ? undefined : at;
  } catch {
    return undefined;
  }
}

/** Undefined where a file is in the way. */
function makeDirectory(root: Directory, path: readonly string[]): Directory | undefined {
  let directory = root;
  for (const name of path) {
    const next = directory.names.get(name) ?? emptyDirectory();
    if (next.kind !== 'directory') return undefined;
    directory.names.set(name, next);
    directory = next;
  }
  return directory;
}

function find(root: Directory, path: readonly string[]): Node | undefined {
  let node: Node | undefined = root;
  for (const name of path) node = node?.kind === 'directory' ? node.names.get(name) : undefined;
  return node;
}

function collectReplaced(directory: Directory, path: readonly string[], into: string[][]): void {
  for (const [name, node] of directory.names) {
    if (node.kind !== 'directory') continue;
    if (node.hidesLower) into.push([...path, name]);
    collectReplaced(node, [...path, name], into);
  }
}

/** Of an image, without following links: those are the layer's that made them. */
function remove(image: Directory, path: readonly string[]): void {
  const parent = find(image, path.slice(0, -1));
  const name = path.at(-1);
  if (name === undefined) image.names.clear();
  else if (parent?.kind === 'directory') {
    const there = parent.names.get(name);
    // Removing all that a directory holds and removing it come to the same: the layer has one there, or none.
    if (there !== undefined) parent.names.delete(name);
  }
}

function add(image: Directory, layer: Directory): void {
  for (const [name, node] of layer.names) {
    const there = image.names.get(name);
    if (node.kind !== 'directory') image.names.set(name, node);
    else {
      const directory = there?.kind === 'directory' ? there : emptyDirectory();
      image.names.set(name, directory);
      add(directory, node);
    }
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
