import { createHash } from 'node:crypto';
import type { RuntimeNames } from '@kubewright/node';

/** Names of containers that nobody made, and of images that nobody pulled. */
export function simulatedNames(podUid: string): RuntimeNames {
  return {
    container: (name, restarts) => `simulated://${digest(['container', podUid, name, String(restarts)].join('/'))}`,
    image: (image) => `simulated://sha256:${digest(image)}`,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
