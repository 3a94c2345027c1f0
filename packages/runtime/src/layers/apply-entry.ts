import {
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeNode, setExtendedAttribute } from '@kubewright/linux';
import type { Header } from 'tar-stream';
import { rootedPath } from '@kubewright/linux';

/** Beginnings of names by which an archive says that something of a lower layer is gone. */
const whiteout = '.wh.';
const opaque = '.wh..wh..opq';
/** Notes of an old storage driver, which mean nothing here. */
const privatePrefix = '.wh..wh.';
const attributePrefix = 'SCHILY.xattr.';
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
  /** Times of directories, which change while files are put into them. */
  readonly #directoryTimes = new Map<string, Date>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws EntryRefused, and errors of the file system. */
  async apply(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { name, type } = header;
    if (name.includes('\0')) throw new EntryRefused('has a name with a zero byte');
    if (name.split('/').includes('..')) throw new EntryRefused("leads out of the layer with '..'");
    const path = this.#resolve(name);
    if (path === this.#root) {
      if (type === 'directory') this.#describe(path, header);
      return;
    }
    this.#makeParents(dirname(path));
    const base = basename(path);
    if (base.startsWith(whiteout)) return this.#whiteout(path, base);
    this.#clear(path, type === 'directory');
    if (type === 'file' || type === 'contiguous-file') return this.#write(path, header, content);
    this.#create(path, header);
    if (type !== 'link') this.#describe(path, header);
  }

  /** Call it after the last entry. */
  finish(): void {
    // One that a later entry removed is not described any more.
    for (const [path, time] of this.#directoryTimes) if (statOf(path) !== undefined) lutimesSync(path, time, time);
  }

  #resolve(name: string): string {
    const path = rootedPath(this.#root, name);
    if (path === undefined) throw new EntryRefused('lies behind links that go round in a circle');
    return path;
  }

  #makeParents(directory: string): void {
    const there = statOf(directory);
    if (there?.isDirectory() === true) return;
    if (there !== undefined) throw new EntryRefused('lies below something that is no directory');
    mkdirSync(directory, { recursive: true, mode: 0o755 });
  }

  #whiteout(path: string, base: string): void {
    const directory = dirname(path);
    if (base === opaque) {
      setExtendedAttribute(directory, 'trusted.overlay.opaque', Buffer.from('y'));
      return;
    }
    if (base.startsWith(privatePrefix)) return;
    const hidden = base.slice(whiteout.length);
    if (hidden === '' || hidden === '.' || hidden === '..') throw new EntryRefused('removes nothing that has a name');
    const target = join(directory, hidden);
    rmSync(target, { recursive: true, force: true });
    makeNode(target, { type: 'character', major: 0, minor: 0 });
  }

  /** A later entry of a name replaces the earlier one, except that directories grow together. */
  #clear(path: string, directory: boolean): void {
    const there = statOf(path);
    if (there === undefined || (directory && there.isDirectory())) return;
    rmSync(path, { recursive: true });
    this.#directoryTimes.delete(path);
  }

  #create(path: string, header: Header): void {
    switch (header.type) {
      case 'directory':
        mkdirSync(path, { recursive: true });
        return;
      case 'symlink':
        symlinkSync(header.linkname, path);
        return;
      case 'link':
        return this.#hardLink(path, header.linkname);
      case 'character-device':
      case 'block-device':
        makeNode(path, {
          type: header.type === 'block-device' ? 'block' : 'character',
          major: header.devmajor,
          minor: header.devminor,
        });
        return;
      case 'fifo':
        makeNode(path, { type: 'fifo' });
        return;
      default:
        throw new EntryRefused(`is of the unknown type '${header.type}'`);
    }
  }

  /** The target is found as the entry itself would be, so that a link cannot reach a file of the host. */
  #hardLink(path: string, name: string): void {
    if (name.split('/').includes('..')) throw new EntryRefused("links out of the layer with '..'");
    const target = this.#resolve(name);
    const there = statOf(target);
    if (there === undefined) throw new EntryRefused(`links to '${name}', which the layer does not have`);
    if (there.isDirectory()) throw new EntryRefused(`links to the directory '${name}'`);
    linkSync(target, path);
  }

  async #write(path: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const file = openSync(path, 'wx', 0o600);
    try {
      for await (const chunk of content)
        for (let written = 0; written < chunk.length;) written += writeSync(file, chunk, written);
      fchownSync(file, header.uid, header.gid);
      // After the owner, since changing that takes the set-id bits away.
      fchmodSync(file, header.mode & 0o7777);
      this.#setAttributes(path, header);
      futimesSync(file, header.mtime, header.mtime);
    } finally {
      closeSync(file);
    }
  }

  #describe(path: string, header: Header): void {
    const { type, uid, gid, mode, mtime } = header;
    lchownSync(path, uid, gid);
    if (type !== 'symlink') chmodSync(path, mode & 0o7777);
    this.#setAttributes(path, header);
    if (type === 'directory') this.#directoryTimes.set(path, mtime);
    else lutimesSync(path, mtime, mtime);
  }

  #setAttributes(path: string, { pax }: Header): void {
    for (const [key, value] of Object.entries((pax ?? {}) as Readonly<Record<string, string>>)) {
      if (!key.startsWith(attributePrefix)) continue;
      const name = key.slice(attributePrefix.length);
      if (reservedAttribute.test(name)) throw new EntryRefused(`sets the attribute '${name}', which is overlayfs' own`);
      // The reader of the archive takes values for text; what is left of bytes that are none must not be set.
      if (value.includes('\ufffd')) throw new EntryRefused(`has an attribute '${name}' with bytes that cannot be read`);
      setExtendedAttribute(path, name, Buffer.from(value));
    }
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
