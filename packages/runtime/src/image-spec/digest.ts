/**
 * What the OCI image specification defines: digests, manifests, indexes and configurations, read and checked. It fetches and keeps
 * nothing. Neighbours: `registry` and `content` bring the bytes, `images` knows which of them belong together.
 */
import { createHash } from 'node:crypto';

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = string;

const digestShape = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && digestShape.test(text);
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digits of a digest, for names of files. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
