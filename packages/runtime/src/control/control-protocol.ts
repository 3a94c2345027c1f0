import type { PullProgress } from '../images/image-puller.js';

/** What a pull is asked for with. */
export interface PullOrder {
  readonly image: string;
  readonly username?: string;
  readonly password?: string;
}

/** A line of an answer: progress while it goes on, and at its end the images or an error. */
export interface ControlLine {
  readonly progress?: PullProgress;
  readonly images?: readonly { readonly id: string; readonly tags: readonly string[] }[];
  readonly error?: string;
}
