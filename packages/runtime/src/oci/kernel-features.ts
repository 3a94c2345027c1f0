/** What depends on the version of the kernel alone. */
export interface KernelFeatures {
  /** Layers below an overlay can be mounted with mapped owners. */
  readonly userNamespaces: boolean;
  /** A mount can be made read-only with all below it. */
  readonly recursiveReadOnlyMounts: boolean;
}

/** @param release - as uname(2) tells it. */
export function kernelFeatures(release: string): KernelFeatures {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const isAtLeast = (first: number, second: number): boolean => major > first || (major === first && minor >= second);
  return { userNamespaces: isAtLeast(5, 19), recursiveReadOnlyMounts: isAtLeast(5, 12) };
}
