import { chmod, lchown, link, lstat, lutimes, mkdir, open, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeNode, setExtendedAttribute } from '@kubewright/linux';
import type { Header } from 'tar-stream';
import { rootedPath } from './rooted-path.js';

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

/** Puts entries of an archive into a directory, in the form that overlayfs stacks. */
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
    const path = await this.#resolve(name);
    if (path === this.#root) {
      if (type === 'directory') await this.#describe(path, header);
      return;
    }
    await this.#makeParents(dirname(path));
    const base = basename(path);
    if (base.startsWith(whiteout)) return this.#whiteout(path, base);
    await this.#clear(path, type === 'directory');
    await this.#create(path, header, content);
    if (type !== 'link') await this.#describe(path, header);
  }

  /** Call it after the last entry. */
  async finish(): Promise<void> {
    for (const [path, time] of this.#directoryTimes) await lutimes(path, time, time).catch(() => undefined);
  }

  async #resolve(name: string): Promise<string> {
    const path = await rootedPath(this.#root, name);
    if (path === undefined) throw new EntryRefused('lies behind links that go round in a circle');
    return path;
  }

  async #makeParents(directory: string): Promise<void> {
    const there = await lstat(directory).catch(() => undefined);
    if (there?.isDirectory() === true) return;
    if (there !== undefined) throw new EntryRefused('lies below something that is no directory');
    await mkdir(directory, { recursive: true, mode: 0o755 });
  }

  async #whiteout(path: string, base: string): Promise<void> {
    const directory = dirname(path);
    if (base === opaque) {
      setExtendedAttribute(directory, 'trusted.overlay.opaque', Buffer.from('y'));
      return;
    }
    if (base.startsWith(privatePrefix)) return;
    const hidden = base.slice(whiteout.length);
    if (hidden === '' || hidden === '.' || hidden === '..') throw new EntryRefused('removes nothing that has a name');
    const target = join(directory, hidden);
    await rm(target, { recursive: true, force: true });
    makeNode(target, { type: 'character', major: 0, minor: 0 });
  }

  /** A later entry of a name replaces the earlier one, except that directories grow together. */
  async #clear(path: string, directory: boolean): Promise<void> {
    const there = await lstat(path).catch(() => undefined);
    if (there === undefined || (directory && there.isDirectory())) return;
    await rm(path, { recursive: true });
    this.#directoryTimes.delete(path);
  }

  async #create(path: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    switch (header.type) {
      case 'directory':
        await mkdir(path, { recursive: true });
        return;
      case 'symlink':
        await symlink(header.linkname, path);
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
      case 'file':
      case 'contiguous-file':
        return writeNew(path, content);
      default:
        throw new EntryRefused(`is of the unknown type '${String(header.type)}'`);
    }
  }

  /** The target is found as the entry itself would be, so that a link cannot reach a file of the host. */
  async #hardLink(path: string, name: string): Promise<void> {
    if (name.split('/').includes('..')) throw new EntryRefused("links out of the layer with '..'");
    const target = await this.#resolve(name);
    const there = await lstat(target).catch(() => undefined);
    if (there === undefined) throw new EntryRefused(`links to '${name}', which the layer does not have`);
    if (there.isDirectory()) throw new EntryRefused(`links to the directory '${name}'`);
    await link(target, path);
  }

  async #describe(path: string, { type, uid, gid, mode, mtime, pax }: Header): Promise<void> {
    await lchown(path, uid, gid);
    // After the owner, since changing that takes the set-id bits away.
    if (type !== 'symlink') await chmod(path, mode & 0o7777);
    for (const [key, value] of Object.entries((pax ?? {}) as Readonly<Record<string, string>>)) {
      if (!key.startsWith(attributePrefix)) continue;
      const name = key.slice(attributePrefix.length);
      if (reservedAttribute.test(name)) throw new EntryRefused(`sets the attribute '${name}', which is overlayfs' own`);
      // The reader of the archive takes values for text; what is left of bytes that are none must not be set.
      if (value.includes('\ufffd')) throw new EntryRefused(`has an attribute '${name}' with bytes that cannot be read`);
      setExtendedAttribute(path, name, Buffer.from(value));
    }
    if (type === 'directory') this.#directoryTimes.set(path, mtime);
    else await lutimes(path, mtime, mtime);
  }
}

async function writeNew(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) await file.write(chunk);
  } finally {
    await file.close();
  }
}
