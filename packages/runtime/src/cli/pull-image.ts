import type { CommandOutput } from '@kubewright/core';
import type { CriClient } from '@kubewright/cri-sdk';
import { ControlClient } from '../control/control-client.js';
import type { PullOrder } from '../control/control-protocol.js';
import { runtimeErrors } from '../errors.js';
import type { PullProgress } from '../images/image-puller.js';

/** Where progress is told: a terminal is redrawn, anything else gets lines. */
export type ProgressOutput = Pick<CommandOutput, 'isTTY' | 'columns'> & { write(text: string): unknown };

/**
 * Pulls an image and tells how far it is. A runtime that is not ours cannot tell, and pulls silently.
 *
 * @returns its id.
 */
export async function pullImage(
  client: CriClient,
  order: PullOrder & { readonly control: string },
  output: ProgressOutput,
  signal: AbortSignal,
): Promise<string> {
  const { control, ...pull } = order;
  const report = new PullReport(output);
  try {
    const [image] = await new ControlClient(control, signal).pull(pull, (progress) => report.tell(progress));
    return image?.id ?? '';
  } catch (error) {
    if (!runtimeErrors.CONTROL_UNREACHABLE.is(error)) throw error;
    const auth = { username: pull.username ?? '', password: pull.password ?? '' };
    const { imageRef } = await client.images.pullImage({ image: { image: pull.image }, auth }, { signal });
    return imageRef;
  } finally {
    report.end();
  }
}

/** What is known of a pull's layers, as a bar on a terminal or a line for each layer that is done. */
export class PullReport {
  readonly #output: ProgressOutput;
  readonly #layers = new Map<string, PullProgress>();
  #drawn = '';

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  tell(progress: PullProgress): void {
    this.#layers.set(progress.layer, progress);
    if (this.#output.isTTY === true) this.#draw();
    else if (progress.phase === 'unpacked')
      this.#output.write(`${progress.layer.slice(7, 19)}: ${megabytes(progress.total)}\n`);
  }

  /** Leaves the cursor at the beginning of a line. */
  end(): void {
    if (this.#drawn !== '') this.#output.write('\n');
  }

  #draw(): void {
    const layers = [...this.#layers.values()];
    const sum = (of: (layer: PullProgress) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
    const [bytes, total] = [sum((layer) => layer.bytes), sum((layer) => layer.total)];
    const done = layers.filter(({ phase }) => phase === 'unpacked').length;
    const width = Math.max(10, Math.min(40, (this.#output.columns ?? 80) - 40));
    const filled = total === 0 ? 0 : Math.floor((bytes / total) * width);
    const bar = '#'.repeat(filled).padEnd(width, '.');
    const text = `[${bar}] ${megabytes(bytes)} of ${megabytes(total)}, ${done} of ${layers.length} unpacked`;
    if (text === this.#drawn) return;
    this.#output.write(`\r${text.padEnd(this.#drawn.length)}`);
    this.#drawn = text;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
