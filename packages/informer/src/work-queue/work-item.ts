/** Why a key is in the queue, for logs and spans; never to branch on. */
export interface Cause {
  /** What happened, as `modified` or `requeue`. */
  readonly type: string;
  /** Where, as the kind of the object that changed. */
  readonly source?: string | undefined;
  /** To whom, as the key of that object. */
  readonly key?: string | undefined;
}

export interface AddOptions {
  /** Higher goes first. Default: 0. A key that is already there keeps the higher one. */
  readonly priority?: number | undefined;
  /** Milliseconds to wait; of several the earliest counts. Default: 0, which also ends a waiting. */
  readonly after?: number | undefined;
  readonly cause?: Cause | undefined;
}

/** The priority for what need not be done first: initial lists and resyncs. controller-runtime's number. */
export const lowPriority = -100;

/** A key that was handed to a worker. Nobody else gets it until it is done; `using` does that. */
export interface WorkItem<K> extends Disposable {
  readonly key: K;
  /** The priority with which it was taken, to add it again with. */
  readonly priority: number;
  /** Why, oldest first; of very many the newest. */
  readonly causes: readonly Cause[];
  /** How many causes were left out. */
  readonly omittedCauses: number;
  /** How often in a row it was added with a backoff. */
  readonly retries: number;
  /** Ends the processing. What was added meanwhile becomes ready now. Calling it again does nothing. */
  done(): void;
}
