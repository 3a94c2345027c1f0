import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { recordOf } from '@kubewright/core';

/** What the cluster gave this machine for its pods. */
export interface OverlayConfig {
  readonly podNetworks: readonly string[];
  /** The largest packet that reaches pods of other machines in one piece. */
  readonly mtu: number;
}

/** Undefined where nothing was written yet, or what stands there cannot be read. */
export function readOverlayConfig(path: string): OverlayConfig | undefined {
  try {
    const { podNetworks, mtu } = recordOf(JSON.parse(readFileSync(path, 'utf8')));
    if (!Array.isArray(podNetworks) || podNetworks.length === 0 || typeof mtu !== 'number') return undefined;
    return { podNetworks: podNetworks.map(String), mtu };
  } catch {
    return undefined;
  }
}

/** Replaces the file at once; readers see the old one or the new one. It is written again after a start of the machine. */
export function writeOverlayConfig(path: string, network: OverlayConfig): void {
  const text = JSON.stringify(network);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text, { mode: 0o644 });
  renameSync(unfinished, path);
}
