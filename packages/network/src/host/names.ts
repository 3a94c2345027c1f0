import { hash } from 'node:crypto';
import type { AttachmentKey } from './attachment-store.js';

const longestName = 15;

/** A link's name that follows from its attachment, so that it is found again with nothing written down. */
export function linkName(prefix: string, { network, containerId, ifName }: AttachmentKey): string {
  const digest = hash('sha256', `${network}\0${containerId}\0${ifName}`, 'hex');
  return `${prefix}${digest.slice(0, longestName - prefix.length)}`;
}
