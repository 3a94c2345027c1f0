/**
 * A program of its own: unpacks the layers that its parent names, one after the other. Archives are strangers' work, so what
 * reads them has no more at hand than a directory; and the parent goes on serving while files are written.
 */
import { KubewrightError } from '@kubewright/core';
import { applyLayer } from './apply-layer.js';
import type { UnpackAnswer, UnpackOrder } from './unpackers.js';

const { signal } = new AbortController();

process.on('message', ({ archive, directory, name, limits }: UnpackOrder) => {
  const answer = (told: UnpackAnswer): void => void process.send?.(told);
  applyLayer(archive, directory, { name, limits, signal }).then(
    (applied) => answer({ applied }),
    (error: unknown) => {
      if (KubewrightError.is(error)) answer({ code: error.code, details: error.details, message: error.message });
      else answer({ code: '', details: {}, message: String(error) });
    },
  );
});
