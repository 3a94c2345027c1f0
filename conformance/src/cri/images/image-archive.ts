/** OCI images made of files in memory. Neighbours: `stand-in-images` says what is in them, `image-registry` serves them. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface ImageFile {
  /** Without a slash at the beginning; that of a directory ends with one. */
  readonly name: string;
  readonly content?: Buffer | string;
  /** A file of the image that this is another name for. */
  readonly sameAs?: string;
  readonly mode?: number;
}

export interface ImageOptions {
  readonly files: readonly ImageFile[];
  readonly command: readonly string[];
  /** As an image's configuration has it. */
  readonly user?: string;
}

/** Content by its digest, the manifest among it. */
export interface BuiltImage {
  readonly manifest: string;
  readonly content: ReadonlyMap<string, Buffer>;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** An image of one layer for this machine. The same options give the same image. */
export async function buildImage({ files, command, user = '' }: ImageOptions): Promise<BuiltImage> {
  const archive = await archiveOf(files);
  const layer = gzipSync(archive);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Cmd: command, User: user, Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    }),
  );
  const describe = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    }),
  );
  return {
    manifest: digestOf(manifest),
    content: new Map([manifest, config, layer].map((bytes) => [digestOf(bytes), bytes])),
  };
}

async function archiveOf(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack();
  const unique = new Map(files.map((file) => [file.name, file]));
  for (const { name, content, sameAs, mode } of unique.values()) {
    const header = { name, mtime: new Date(0), mode: mode ?? (content === undefined ? 0o755 : 0o644) };
    if (sameAs !== undefined) archive.entry({ ...header, type: 'link', linkname: sameAs });
    else if (content === undefined) archive.entry({ ...header, type: 'directory' });
    else archive.entry(header, content);
  }
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
