/** What the thread of `SqliteStorage` and its worker say to each other. Types only: the worker must stay self-contained. */
import type { StorageEntry, StorageEvent, StorageList, WriteResult } from './storage.js';

export interface SqliteWorkerData {
  readonly path: string;
  /** The file may not grow beyond so many bytes; 0 means no limit. */
  readonly maxBytes: number;
}

export type SqliteCommand =
  | { readonly op: 'get'; readonly key: string }
  | {
      readonly op: 'list';
      readonly start: string;
      readonly end: string;
      readonly limit: number;
      readonly revision: bigint | undefined;
    }
  | {
      readonly op: 'write';
      readonly key: string;
      /** Undefined deletes the key. */
      readonly value: Uint8Array | undefined;
      /** Undefined where the key must not exist. */
      readonly expected: bigint | undefined;
    }
  | { readonly op: 'events'; readonly after: bigint; readonly limit: number }
  | { readonly op: 'compact'; readonly revision: bigint }
  | { readonly op: 'revisions' }
  | { readonly op: 'close' };

export interface SqliteRequest {
  readonly id: number;
  readonly command: SqliteCommand;
}

export type SqliteFailure =
  | { readonly kind: 'compacted' | 'future'; readonly revision: bigint; readonly limit: bigint }
  | { readonly kind: 'full' | 'failed'; readonly message: string };

interface SqliteRevisions {
  readonly current: bigint;
  readonly compacted: bigint;
}

/** What each command is answered with. */
export interface SqliteResults {
  readonly get: StorageEntry | undefined;
  readonly list: StorageList;
  readonly write: WriteResult;
  readonly events: { readonly events: readonly StorageEvent[]; readonly revision: bigint; readonly more: boolean };
  readonly compact: undefined;
  readonly revisions: SqliteRevisions;
  readonly close: undefined;
}

export type SqliteResult = SqliteResults[keyof SqliteResults];

export interface SqliteReply {
  readonly id: number;
  readonly result?: SqliteResult;
  readonly failure?: SqliteFailure;
}

/** The first message says whether the database could be opened; all others carry the outcome of one commit. */
export type SqliteMessage =
  | { readonly opened: true; readonly current: bigint }
  | { readonly opened: false; readonly locked: boolean; readonly message: string }
  | {
      /** The ids of the writes that this commit made durable, each with its revision, in order. */
      readonly committed: readonly { readonly id: number; readonly revision: bigint }[];
      readonly replies: readonly SqliteReply[];
    };
