/** What an image's configuration says about running it. */
import type { ImageProcess } from '../image-spec/manifest.js';

/** An image that is stored whole and unpacked. */
export interface ImageRecord {
  /** The digest of its configuration. */
  readonly id: string;
  /** The digest of its manifest. */
  readonly manifest: string;
  /** The digests of all its content, the two above included. */
  readonly content: readonly string[];
  /** Its unpacked layers, the lowest first. */
  readonly layers: readonly string[];
  /** Bytes of its content. */
  readonly size: number;
  /** Names with a tag, as `host/path:tag`. */
  readonly tags: readonly string[];
  /** Names with a digest, as `host/path@sha256:…`. */
  readonly digests: readonly string[];
  readonly process: ImageProcess;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether garbage collection has to leave it. */
  readonly pinned: boolean;
  /**
   * The boot of the machine in which it was brought, as long as its layers might not survive a power cut. After another boot
   * it counts as not brought.
   */
  readonly unsettled?: string;
  /** When it was pulled, in milliseconds since the epoch. */
  readonly pulledAt: number;
}
