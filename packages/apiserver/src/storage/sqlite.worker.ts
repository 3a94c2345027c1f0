/**
 * The thread that owns the SQLite database: the only place that blocks on the disk. It runs from source (Node strips the
 * types) and from `dist`, so it imports nothing of this project but types.
 *
 * Group commit: all requests that have arrived while the last commit was under way form the next transaction. Their
 * answers leave together, after COMMIT has returned, which with `synchronous=FULL` is after the log was synced.
 *
 * One table is the log of all writes; the state at a revision is the newest row of each key up to it.
 */
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type {
  SqliteCommand,
  SqliteFailure,
  SqliteMessage,
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteWorkerData,
} from './sqlite-protocol.js';
import type { StorageEntry } from './storage.js';

/** More requests than this wait for the transaction after the next, so that nobody's answer is held up for long. */
const maxGroup = 1024;

type Row = Record<string, SQLOutputValue> & {
  readonly key: string;
  readonly revision: bigint;
  readonly deleted: bigint;
  readonly value: Uint8Array | null;
};

class Refusal extends Error {
  readonly failure: SqliteFailure;
  constructor(failure: SqliteFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

class Database {
  readonly #db: DatabaseSync;
  #current = 1n;
  #compacted = 1n;
  readonly #statements = new Map<string, StatementSync>();

  constructor(data: SqliteWorkerData) {
    this.#db = new DatabaseSync(data.path, { timeout: 0 });
    // An exclusive lock keeps a second server out for as long as this process lives, however it ends.
    this.#db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
    this.#db.exec(`BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, value BLOB);
      CREATE INDEX IF NOT EXISTS log_key ON log (key, revision, deleted);
      CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      INSERT INTO meta VALUES ('compacted', 1), ('revision', 1) ON CONFLICT DO NOTHING;
      COMMIT;`);
    if (data.maxBytes > 0) {
      const pageBytes = Number(this.#db.prepare('PRAGMA page_size').get()?.['page_size']);
      this.#db.exec(`PRAGMA max_page_count = ${Math.floor(data.maxBytes / pageBytes)}`);
    }
    this.#reload();
  }

  get current(): bigint {
    return this.#current;
  }

  begin(): void {
    this.#db.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.#db.exec('COMMIT');
  }

  /** Undoes a transaction that could not be committed; SQLite may have rolled it back by itself already. */
  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    this.#reload();
  }

  close(): void {
    this.#db.close();
  }

  run(command: SqliteCommand): SqliteResult {
    switch (command.op) {
      case 'get':
        return this.#get(command.key);
      case 'list':
        return this.#list(command);
      case 'write':
        return this.#write(command);
      case 'events':
        return this.#events(command.after, command.limit);
      case 'compact':
        return this.#compact(command.revision);
      case 'revisions':
        return { current: this.#current, compacted: this.#compacted };
      case 'close':
        return undefined;
    }
  }

  #get(key: string): StorageEntry | undefined {
    const [row] = this.#rows(
      'SELECT key, revision, deleted, value FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1',
      key,
    );
    return row === undefined || row.deleted === 1n ? undefined : entryOf(row);
  }

  #list(command: Extract<SqliteCommand, { op: 'list' }>): SqliteResult {
    const revision = command.revision ?? this.#current;
    this.#checkRevision(revision);
    const rows = this.#rows(
      `SELECT l.key, l.revision, l.deleted, l.value FROM log l
       WHERE l.key >= ? AND l.key < ? AND l.revision <= ? AND l.deleted = 0
         AND NOT EXISTS (SELECT 1 FROM log n WHERE n.key = l.key AND n.revision > l.revision AND n.revision <= ?)
       ORDER BY l.key LIMIT ?`,
      command.start,
      command.end,
      revision,
      revision,
      command.limit < 0 ? -1 : command.limit + 1,
    );
    const more = command.limit >= 0 && rows.length > command.limit;
    return { entries: (more ? rows.slice(0, -1) : rows).map(entryOf), revision, more };
  }

  #write(command: Extract<SqliteCommand, { op: 'write' }>): SqliteResult {
    const head = this.#prepare('SELECT revision, deleted FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1').get(
      command.key,
    );
    const existing = head === undefined || head['deleted'] === 1n ? undefined : head['revision'];
    if (existing !== command.expected) return { ok: false, current: this.#get(command.key) };
    const revision = this.#current + 1n;
    this.#prepare('INSERT INTO log (revision, key, deleted, value) VALUES (?, ?, ?, ?)').run(
      revision,
      command.key,
      command.value === undefined ? 1n : 0n,
      command.value ?? null,
    );
    this.#current = revision;
    return { ok: true, revision };
  }

  #events(after: bigint, limit: number): SqliteResult {
    this.#checkRevision(after);
    const rows = this.#rows(
      'SELECT key, revision, deleted, value FROM log WHERE revision > ? ORDER BY revision LIMIT ?',
      after,
      limit,
    );
    const more = rows.length === limit;
    const events = rows.map(({ key, revision, value }) => ({ key, revision, value: value ?? undefined }));
    return { events, revision: more ? (events.at(-1)?.revision ?? this.#current) : this.#current, more };
  }

  #compact(revision: bigint): undefined {
    if (revision <= this.#compacted) return;
    if (revision > this.#current) this.#checkRevision(revision);
    // Only keys that were written since the last compaction can have rows to spare.
    this.#prepare(
      `DELETE FROM log WHERE revision IN (
         SELECT o.revision FROM log o
         JOIN (SELECT key, MAX(revision) AS newest FROM log WHERE revision > ? AND revision <= ? GROUP BY key) t ON o.key = t.key
         WHERE o.revision < t.newest OR (o.revision = t.newest AND o.deleted = 1))`,
    ).run(this.#compacted, revision);
    const remember = this.#prepare('UPDATE meta SET value = ? WHERE name = ?');
    remember.run(revision, 'compacted');
    // The newest rows may just have been removed: the sequence must go on from here after a restart all the same.
    remember.run(this.#current, 'revision');
    this.#compacted = revision;
  }

  #checkRevision(revision: bigint): void {
    if (revision < this.#compacted) throw new Refusal({ kind: 'compacted', revision, limit: this.#compacted });
    if (revision > this.#current) throw new Refusal({ kind: 'future', revision, limit: this.#current });
  }

  #reload(): void {
    const row = this.#prepare(
      `SELECT MAX((SELECT value FROM meta WHERE name = 'revision'), IFNULL((SELECT MAX(revision) FROM log), 1)) AS revision,
              (SELECT value FROM meta WHERE name = 'compacted') AS compacted`,
    ).get();
    this.#current = revisionIn(row?.['revision']);
    this.#compacted = revisionIn(row?.['compacted']);
  }

  /** Whole rows of the log. */
  #rows(sql: string, ...parameters: readonly SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function revisionIn(value: SQLOutputValue | undefined): bigint {
  if (typeof value !== 'bigint') throw new Error('the database holds no revision');
  return value;
}

function entryOf(row: Row): StorageEntry {
  return { key: row.key, value: row.value ?? new Uint8Array(), revision: row.revision };
}

/** SQLite's primary codes. */
const [busy, locked, full] = [5, 6, 13];

function problemOf(error: unknown): { readonly code: number | undefined; readonly message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
  return { code, message: error.message };
}

/** The disk has no room, or refuses to work. */
function failureOf(error: unknown): SqliteFailure {
  if (error instanceof Refusal) return error.failure;
  const { code, message } = problemOf(error);
  return { kind: code === full ? 'full' : 'failed', message };
}

function serve(db: Database, port: MessagePort): void {
  const send = (message: SqliteMessage): void => port.postMessage(message, []);

  const runGroup = (group: readonly SqliteRequest[]): void => {
    const writes = group.some(({ command }) => command.op === 'write' || command.op === 'compact');
    const replies: SqliteReply[] = [];
    const committed: { id: number; revision: bigint }[] = [];
    try {
      if (writes) db.begin();
      for (const { id, command } of group) {
        try {
          const result = db.run(command);
          replies.push({ id, result });
          if (command.op === 'write' && result !== undefined && 'ok' in result && result.ok)
            committed.push({ id, revision: result.revision });
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          replies.push({ id, failure: error.failure });
        }
      }
      if (writes) db.commit();
    } catch (error) {
      const failure = failureOf(error);
      db.rollback();
      // Nothing of this transaction happened, so all of its requests fail alike.
      send({ committed: [], replies: group.map(({ id }) => ({ id, failure })) });
      return;
    }
    send({ committed, replies });
  };

  port.on('message', (first: SqliteRequest) => {
    const group = [first];
    while (group.length < maxGroup) {
      const next = receiveMessageOnPort(port);
      if (next === undefined) break;
      group.push(next.message as SqliteRequest);
    }
    const closing = group.find(({ command }) => command.op === 'close');
    runGroup(group.filter((request) => request !== closing));
    if (closing === undefined) return;
    db.close();
    send({ committed: [], replies: [{ id: closing.id }] });
    port.close();
  });
}

if (parentPort !== null) {
  let db: Database | undefined;
  try {
    db = new Database(workerData as SqliteWorkerData);
  } catch (error) {
    const { code, message } = problemOf(error);
    const isLocked = code === busy || code === locked;
    parentPort.postMessage({ opened: false, locked: isLocked, message } satisfies SqliteMessage, []);
    parentPort.close();
  }
  if (db !== undefined) {
    parentPort.postMessage({ opened: true, current: db.current } satisfies SqliteMessage, []);
    serve(db, parentPort);
  }
}
