/** What matters of a system call trace: markers on stdout, and writes and syncs of database files. */
export type TraceEvent =
  | { readonly type: 'marker'; readonly text: string }
  | { readonly type: 'write'; readonly file: string }
  | { readonly type: 'sync'; readonly file: string };

/**
 * Reads the output of `strace -f -y -e trace=write,pwrite64,fsync,fdatasync`. A call that was interrupted by another thread's
 * (`<unfinished ...>`) counts where it was resumed, which is when it had its effect.
 */
export function parseTrace(trace: string): TraceEvent[] {
  const unfinished = new Map<string, string>();
  const events: TraceEvent[] = [];
  for (const line of trace.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(pid, rest);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest);
    const event = toEvent(resumed ? (unfinished.get(pid) ?? '') : rest);
    if (resumed) unfinished.delete(pid);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function toEvent(call: string): TraceEvent | undefined {
  const [, name, fd, file = ''] = /^(\w+)\((\d+)<([^>]*)>/.exec(call) ?? [];
  if (name === 'write' && fd === '1') return { type: 'marker', text: /"(.*?)\\n"/.exec(call)?.[1] ?? '' };
  if (!/\.(db|sqlite)(-wal|-journal)?$/.test(file) && !file.endsWith('-wal')) return undefined;
  if (name === 'pwrite64' || name === 'write') return { type: 'write', file };
  if (name === 'fsync' || name === 'fdatasync') return { type: 'sync', file };
  return undefined;
}

/** The answers that came before what was written for them had been synced: there must be none. */
export function unsyncedAnswers(events: readonly TraceEvent[]): string[] {
  const unsynced = new Set<string>();
  let writtenSinceAsked = false;
  const wrong: string[] = [];
  for (const event of events) {
    if (event.type === 'write') {
      unsynced.add(event.file);
      writtenSinceAsked = true;
    } else if (event.type === 'sync') unsynced.delete(event.file);
    else if (event.text.startsWith('asked')) writtenSinceAsked = false;
    else if (event.text.startsWith('answered') && (unsynced.size > 0 || !writtenSinceAsked)) wrong.push(event.text);
  }
  return wrong;
}
