/**
 * Layers: archives of files that become directories for overlayfs. Neighbours: `tar` reads archives, `content` has them,
 * `images` says which belong to an image.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { makeNode, rootedPath, setExtendedAttribute, setFileTime } from '@kubewright/linux';
import { isId } from '../oci/user-number.js';
import type { TarMember } from '../tar/read-tar.js';
import type { TarHeader, TarTime } from '../tar/tar-header.js';
import { HiddenNames, whiteout } from './hidden-names.js';
import { bytesOf, statOf } from './layer-path.js';

/** Notes of an old storage driver, which mean nothing here. */
const privatePrefix = '.wh..wh.';
const opaque = '.wh..wh..opq';
/** The attributes that overlayfs itself keeps; an archive that set them could undo what we say with them. */
const reservedAttribute = /^(?:trusted|user)\.overlay\./;

/** An entry that cannot be taken; the message ends a sentence about it. */
export class EntryRefused extends Error {}

/**
 * Puts entries of an archive into a directory, in the form that overlayfs stacks. It holds its thread: an entry takes half
 * a dozen calls of the system, each of which costs more to wait for than to make.
 */
export class EntryApplier {
  readonly #root: string;
  readonly #hidden = new HiddenNames();
  /** Times of directories, which change while files are put into them. */
  readonly #directoryTimes = new Map<string, TarTime>();

  /** @param root - a directory of its own, that nobody else changes. */
  constructor(root: string) {
    this.#root = Buffer.from(root).toString('latin1');
  }

  /** @throws EntryRefused, and errors of the file system. */
  async apply({ header, content }: TarMember): Promise<void> {
    const { name, type } = header;
    if (name.includes('\0') || header.linkName.includes('\0')) throw new EntryRefused('has a name with a zero byte');
    const elements = name.split('/').filter((element) => element !== '' && element !== '.');
    if (elements.includes('..')) throw new EntryRefused("leads out of the layer with '..'");
    if (elements.some((element) => element.startsWith(privatePrefix) && element !== opaque)) return;
    const base = elements.at(-1) ?? '';
    if (elements.slice(0, -1).some((element) => element.startsWith(whiteout)))
      throw new EntryRefused(`lies below a name that begins with '${whiteout}'`);
    if (base.startsWith(whiteout)) return this.#hide(elements.slice(0, -1).join('/'), base);
    const path = this.#resolve(name);
    if (path === this.#root) {
      if (type !== 'directory') throw new EntryRefused('would take the place of the root');
      this.#describe(path, header);
      return;
    }
    const target = type === 'link' ? this.#linkTarget(header.linkName) : '';
    if (target === path) return;
    this.#makeParents(dirname(path));
    this.#clear(path, type === 'directory');
    if (type === 'file') return this.#write(path, header, content);
    this.#create(path, header, target);
    if (type !== 'link') this.#describe(path, header);
  }

  /** Call it after the last entry. */
  finish(): void {
    this.#hidden.apply(this.#root);
    for (const [path, time] of this.#directoryTimes) {
      // One that a later entry removed is not described any more, nor one that lies behind a link that a later entry put
      // in the place of a directory above it: that may lead anywhere.
      const isWhereItWas = rootedPath(this.#root, path.slice(this.#root.length), 'latin1') === path;
      if (isWhereItWas && statOf(path)?.isDirectory() === true) setFileTime(bytesOf(path), time);
    }
  }

  #resolve(name: string): string {
    const path = rootedPath(this.#root, name, 'latin1');
    if (path === undefined) throw new EntryRefused('lies behind links that go round in a circle');
    return path;
  }

  #makeParents(directory: string): void {
    const there = statOf(directory);
    if (there?.isDirectory() === true) return;
    if (there !== undefined) throw new EntryRefused('lies below something that is no directory');
    mkdirSync(bytesOf(directory), { recursive: true, mode: 0o755 });
  }

  /** Entries of this layer stay, before and after this one; so it takes effect when all of them are there. */
  #hide(directory: string, base: string): void {
    if (base === opaque) return this.#hidden.all(directory);
    const name = base.slice(whiteout.length);
    if (name === '' || name === '.' || name === '..') throw new EntryRefused('removes nothing that has a name');
    this.#hidden.one(directory, name);
  }

  /** A later entry of a name replaces the earlier one, except that directories grow together. */
  #clear(path: string, directory: boolean): void {
    const there = statOf(path);
    if (there === undefined || (directory && there.isDirectory())) return;
    rmSync(bytesOf(path), { recursive: true });
    this.#directoryTimes.delete(path);
    // The earlier one has hidden a directory of a lower layer, which must not come back with this one.
    if (directory) this.#hidden.one(dirname(path).slice(this.#root.length), basename(path));
  }

  #create(path: string, header: TarHeader, target: string): void {
    const bytes = bytesOf(path);
    switch (header.type) {
      case 'directory':
        mkdirSync(bytes, { recursive: true });
        return;
      case 'symlink':
        symlinkSync(bytesOf(header.linkName), bytes);
        return;
      case 'link':
        linkSync(bytesOf(target), bytes);
        return;
      case 'character':
      case 'block':
        makeNode(bytes, { type: header.type, major: device(header.major), minor: device(header.minor) });
        return;
      default:
        makeNode(bytes, { type: 'fifo' });
    }
  }

  /** The target is found as the entry itself would be, so that a link cannot reach a file of the host. */
  #linkTarget(name: string): string {
    if (name.split('/').includes('..')) throw new EntryRefused("links out of the layer with '..'");
    const target = this.#resolve(name);
    const there = statOf(target);
    if (there === undefined) throw new EntryRefused(`links to '${name}', which the layer does not have before it`);
    if (there.isDirectory()) throw new EntryRefused(`links to the directory '${name}'`);
    return target;
  }

  async #write(path: string, header: TarHeader, content: AsyncIterable<Buffer | number>): Promise<void> {
    const file = openSync(bytesOf(path), 'wx', 0o600);
    try {
      let at = 0;
      for await (const some of content) {
        if (typeof some === 'number') at += some;
        else for (let done = 0; done < some.length;) done += writeSync(file, some, done, some.length - done, at + done);
        if (typeof some !== 'number') at += some.length;
      }
      // A hole at the end is nothing that was written.
      ftruncateSync(file, at);
      const { uid, gid } = ownerOf(header);
      fchownSync(file, uid, gid);
      // After the owner, since changing that takes the set-id bits and capabilities away.
      fchmodSync(file, header.mode);
      this.#setAttributes(path, header);
    } finally {
      closeSync(file);
    }
    setFileTime(bytesOf(path), header.modified);
  }

  #describe(path: string, header: TarHeader): void {
    const { type, mode, modified } = header;
    const { uid, gid } = ownerOf(header);
    const bytes = bytesOf(path);
    lchownSync(bytes, uid, gid);
    if (type !== 'symlink') chmodSync(bytes, mode);
    this.#setAttributes(path, header);
    if (type === 'directory') this.#directoryTimes.set(path, modified);
    else setFileTime(bytes, modified);
  }

  #setAttributes(path: string, { attributes }: TarHeader): void {
    for (const [name, value] of attributes) {
      if (reservedAttribute.test(name)) throw new EntryRefused(`sets the attribute '${name}', which is overlayfs' own`);
      setExtendedAttribute(bytesOf(path), bytesOf(name), value);
    }
  }
}

function ownerOf({ uid, gid }: TarHeader): { readonly uid: number; readonly gid: number } {
  if (!isId(uid) || !isId(gid)) throw new EntryRefused(`belongs to ${uid}:${gid}, which can be nobody`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** As the kernel packs the two numbers of a device: 12 and 20 bits. */
function device(number: bigint): number {
  if (number < 0n || number >= 2n ** 20n)
    throw new EntryRefused(`is a device with the number ${number}, which none has`);
  return Number(number);
}
