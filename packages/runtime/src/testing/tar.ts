import { pack } from 'tar-stream';
import { archiveBytes } from '../tar/archive-bytes.js';

export interface TarEntry {
  readonly name: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device';
  readonly content?: string | Buffer;
  readonly linkname?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: Date;
  readonly devmajor?: number;
  readonly devminor?: number;
  readonly pax?: Readonly<Record<string, string>>;
}

/** The bytes of an archive. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    const written = { mtime: new Date(0), mode: 0o644, ...header };
    if (content === undefined) archive.entry(written);
    else archive.entry(written, content);
  }
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archiveBytes(archive)) parts.push(part);
  return Buffer.concat(parts);
}
