import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubewrightError } from '@kubewright/core';
import type { Random } from '@kubewright/core';
import { getExtendedAttribute, mount, unmount } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { applyLayer, rawTar } from '@kubewright/runtime/testing';
import type { RawMember } from '@kubewright/runtime/testing';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';
import { Refused, imageOf, linesOf } from './layer-model.js';

/** Of so many images one is also mounted, to see that the kernel takes it as the judge does. */
const mountEvery = 100;
/** Memory, where there is a file system of it: what is made here is gone a moment later. */
const fastest = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Layers of images: members of any kind, order and spelling, with whiteouts, links that lead anywhere and extended headers.
 * An image shows what a simple model says, or is refused where the model refuses it; nothing appears outside of the layers.
 */
export const layersTarget: FuzzTarget = {
  name: 'layers',
  open: () => Promise.resolve(new LayersRun()),
};

class LayersRun implements FuzzRun {
  readonly #home = mkdtempSync(join(fastest, 'fuzz-layers-'));
  readonly #outside = join(this.#home, 'outside');
  #images = 0;

  constructor() {
    mkdirSync(this.#outside);
    writeFileSync(join(this.#outside, 'secret'), 'untouched');
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const layers = Array.from({ length: 1 + choices.below(2) }, () => this.#members(choices));
    const directories = layers.map((_layer, index) => join(this.#home, `l${index}`));
    let wanted: string[] | undefined;
    try {
      wanted = linesOf(imageOf(layers));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
    try {
      for (const [index, directory] of directories.entries()) {
        mkdirSync(directory);
        // Making and changing things as somebody else takes root; the rules of names do not.
        await this.#apply(layers[index] ?? [], directory);
      }
    } catch (error) {
      if (!KubewrightError.is(error) || error.code !== 'KW_RUNTIME_LAYER_INVALID') throw error;
      if (wanted !== undefined)
        throw new Error(`refused, and should not be: ${JSON.stringify(layers)}`, { cause: error });
      return 'rejected';
    } finally {
      this.#checkOutside();
      if (wanted === undefined) this.#clear(directories);
    }
    try {
      if (wanted === undefined) throw new Error(`should be refused: ${JSON.stringify(layers)}`);
      same(stacked(directories), wanted, layers);
      if (this.#images++ % mountEvery === 0) same(await this.#mounted(directories), wanted, layers);
      return 'handled';
    } finally {
      this.#clear(directories);
    }
  }

  check(): Promise<void> {
    this.#checkOutside();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#home, { recursive: true });
    return Promise.resolve();
  }

  async #apply(members: readonly RawMember[], directory: string): Promise<void> {
    const archive = join(this.#home, 'archive');
    writeFileSync(archive, rawTar(members));
    await applyLayer(archive, directory, { name: 'fuzz', signal: new AbortController().signal });
  }

  #members(choices: Choices): RawMember[] {
    const name = (): string => choices.of(['a', 'a', 'b', 'b', 'c', 'caf\xe9']);
    const path = (): string => Array.from({ length: 1 + choices.below(3) }, name).join('/');
    const spelled = (plain: string): string => {
      if (choices.chance(0.02)) return choices.of(['../a', 'a/../../b', '..', '/../x', '.', '']);
      return choices.chance(0.2) ? choices.of(['/', './', '//', './/']) + plain : plain;
    };
    const lead = (): string =>
      choices.of([
        name(),
        path(),
        `/${path()}`,
        '..',
        '../..',
        `../${name()}`,
        this.#outside,
        `../../..${this.#outside}`,
      ]);
    const made: string[] = [];
    const one = (): RawMember => {
      const at = spelled(path());
      const directory = choices.chance(0.5) ? `${path()}/` : '';
      switch (choices.below(10)) {
        case 0:
        case 1:
          return { name: choices.chance(0.5) ? `${at}/` : at, flag: '5', mode: 0o755 };
        case 2:
          return { name: at, flag: '2', linkName: lead() };
        case 3:
          return {
            name: at,
            flag: '1',
            linkName: made.length > 0 && choices.chance(0.9) ? spelled(choices.of(made)) : lead(),
          };
        case 4:
        case 5:
          return { name: `${directory}.wh.${name()}`, flag: choices.of(['0', '0', '5', '2']) };
        case 6:
          return { name: `${directory}.wh..wh..opq` };
        case 7:
          return choices.chance(0.05)
            ? { name: choices.of(['.wh.', '.wh...', '.wh.a/b', '.wh..wh.plnk/1', '.wh..wh.aufs']) }
            : { name: 'short', pax: { path: at }, content: String(choices.below(100)) };
        default:
          made.push(at);
          return { name: choices.chance(0.5) ? at : `${at}/f`, content: String(choices.below(100)) };
      }
    };
    return Array.from({ length: choices.below(7) }, one);
  }

  async #mounted(directories: readonly string[]): Promise<string[]> {
    if (!privileged()) return stacked(directories);
    const [merged, empty] = [join(this.#home, 'merged'), join(this.#home, 'empty')];
    for (const directory of [merged, empty]) mkdirSync(directory, { recursive: true });
    // It takes two at least, and an opaque root is for whoever mounts to see.
    const lower = [...visible(directories), empty].join(':');
    await mount({ fileSystem: 'overlay', source: 'fuzz', target: merged, data: `lowerdir=${lower}` });
    try {
      return listed(merged);
    } finally {
      await unmount(merged, { detach: true });
    }
  }

  #checkOutside(): void {
    const names = readdirSync(this.#outside).concat(readFileSync(join(this.#outside, 'secret'), 'utf8'));
    if (names.join() !== 'secret,untouched') throw new Error(`something was written outside: ${names.join()}`);
    const others = readdirSync(this.#home).filter((name) => !/^(?:l\d|archive|outside|merged|empty)$/.test(name));
    if (others.length > 0) throw new Error(`something was made outside: ${others.join()}`);
  }

  #clear(directories: readonly string[]): void {
    for (const directory of directories) if (existsSync(directory)) rmSync(directory, { recursive: true });
  }
}

const isOpaque = (path: Buffer): boolean => getExtendedAttribute(path, 'trusted.overlay.opaque') !== undefined;

/** The layers that are seen, the highest first. */
function visible(directories: readonly string[]): string[] {
  const stack = directories.toReversed();
  const last = stack.findIndex((directory) => isOpaque(Buffer.from(directory)));
  return last === -1 ? stack : stack.slice(0, last + 1);
}

/** What overlayfs shows of directories, as the kernel's documentation says: the highest of a name counts, directories are merged. */
function stacked(directories: readonly string[]): string[] {
  return merge(
    visible(directories).map((directory) => Buffer.from(directory)),
    '',
  ).sort();
}

function merge(directories: readonly Buffer[], prefix: string): string[] {
  const lines: string[] = [];
  const names = new Set(directories.flatMap((directory) => readdirSync(directory, { encoding: 'latin1' })));
  for (const name of names) {
    const inside: Buffer[] = [];
    for (const directory of directories) {
      const path = Buffer.concat([directory, Buffer.from(`/${name}`, 'latin1')]);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) continue;
      if (!found.isDirectory()) {
        if (inside.length === 0 && !found.isCharacterDevice()) lines.push(described(path, `${prefix}/${name}`));
        break;
      }
      inside.push(path);
      if (isOpaque(path)) break;
    }
    if (inside.length > 0) lines.push(`${prefix}/${name}/`, ...merge(inside, `${prefix}/${name}`));
  }
  return lines;
}

/** As the kernel shows it. */
function listed(directory: string): string[] {
  const walk = (at: Buffer, prefix: string): string[] =>
    readdirSync(at, { encoding: 'latin1' }).flatMap((name) => {
      const path = Buffer.concat([at, Buffer.from(`/${name}`, 'latin1')]);
      const found = lstatSync(path, { throwIfNoEntry: false });
      // The kernel lists what is removed in a directory that only one layer has, and finds nothing there.
      if (found === undefined) return [];
      if (found.isDirectory()) return [`${prefix}/${name}/`, ...walk(path, `${prefix}/${name}`)];
      return [described(path, `${prefix}/${name}`)];
    });
  return walk(Buffer.from(directory), '').sort();
}

function described(path: Buffer, shown: string): string {
  return lstatSync(path).isSymbolicLink()
    ? `${shown} -> ${readlinkSync(path, { encoding: 'latin1' })}`
    : `${shown} = ${readFileSync(path, 'utf8')}`;
}

function same(found: readonly string[], wanted: readonly string[], layers: unknown): void {
  if (found.join('\n') === wanted.join('\n')) return;
  throw new Error(`shows\n${found.join('\n')}\ninstead of\n${wanted.join('\n')}\nfor ${JSON.stringify(layers)}`);
}
