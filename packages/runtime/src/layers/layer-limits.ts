/** What a layer may come to when it is unpacked. */
export interface LayerLimits {
  /** Bytes of all files together. Default: 32 GiB. */
  readonly bytes: number;
  /** Files, directories and links. Default: 1,000,000. */
  readonly entries: number;
  /**
   * Unpacked bytes for each packed one, counted beyond the first 64 MiB. Default: 1,000, which gzip never reaches with
   * files that anybody wants.
   */
  readonly ratio: number;
}

export const defaultLayerLimits: LayerLimits = { bytes: 32 * 1024 ** 3, entries: 1_000_000, ratio: 1_000 };

/** Bytes that are never a bomb. */
export const harmlessBytes = 64 * 1024 ** 2;
