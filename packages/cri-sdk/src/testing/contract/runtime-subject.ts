import type { CriClient } from '../../client/cri-client.js';

/** A runtime under test. */
export interface RuntimeSubject extends AsyncDisposable {
  readonly client: CriClient;
  /** The name of an image that can be pulled, with a tag. */
  readonly image: string;
  /** The name of an image that no registry has. */
  readonly missingImage: string;
  /** Commands of that image. */
  readonly commands: {
    /** Runs until it is stopped, and heeds TERM. */
    readonly wait: readonly string[];
    /** Ends at once with a code. */
    readonly exit: (code: number) => readonly string[];
    /** Prints a word and a newline. */
    readonly print: (word: string, stream: 'stdout' | 'stderr') => readonly string[];
  };
  /** Where logs of containers may be written. Default: containers get no log. */
  readonly logDirectory?: string;
}
