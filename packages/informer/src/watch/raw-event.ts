import type { KubeObject } from '@kubewright/api';
import { informerErrors } from '../errors/informer-errors.js';
import { plainString, visitFields } from './json-scanner.js';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A line of a watch stream and whom it is about. */
export interface RawEvent {
  readonly type: WatchEventType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly line: string;
}

export interface ParsedEvent {
  readonly type: WatchEventType;
  readonly object: KubeObject;
}

const types: ReadonlySet<unknown> = new Set<WatchEventType>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function isType(text: string): text is WatchEventType {
  return types.has(text);
}

/**
 * Finds out what a line is about, reading no further than its metadata. Where the line does not look as expected (escapes
 * in a name, a missing field) it is parsed in full; where that fails the line is an error.
 */
export function scanEvent(line: string): RawEvent {
  let type: string | undefined;
  let namespace: string | undefined;
  let name: string | undefined;
  let uid: string | undefined;
  let resourceVersion: string | undefined;
  const readMetadata = (field: string, at: number): boolean => {
    if (field === 'name') name = plainString(line, at);
    else if (field === 'namespace') namespace = plainString(line, at);
    else if (field === 'uid') uid = plainString(line, at);
    else if (field === 'resourceVersion') resourceVersion = plainString(line, at);
    return name === undefined || namespace === undefined || uid === undefined || resourceVersion === undefined;
  };
  const readObject = (field: string, at: number): boolean => {
    if (field !== 'metadata') return true;
    visitFields(line, at, readMetadata);
    return false;
  };
  visitFields(line, 0, (field, at) => {
    if (field === 'type') type = plainString(line, at);
    else if (field === 'object' && type !== 'ERROR') visitFields(line, at, readObject);
    return type === undefined || (type !== 'ERROR' && uid === undefined);
  });
  if (
    type !== undefined &&
    isType(type) &&
    (type === 'ERROR' || type === 'BOOKMARK' || (name !== undefined && uid !== undefined))
  ) {
    return {
      type,
      namespace: namespace ?? '',
      name: name ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      line,
    };
  }
  const event = parseEvent(line);
  const { metadata } = event.object;
  return {
    type: event.type,
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    line,
  };
}

/** The whole event. */
export function parseEvent(line: string): ParsedEvent {
  let event: Partial<ParsedEvent> | null;
  try {
    event = JSON.parse(line) as Partial<ParsedEvent> | null;
  } catch (cause) {
    throw informerErrors.WATCH_LINE_INVALID({ problem: 'it is not JSON' }, { cause });
  }
  if (
    typeof event !== 'object' ||
    event === null ||
    !types.has(event.type ?? '') ||
    typeof event.object !== 'object' ||
    event.object === null
  ) {
    throw informerErrors.WATCH_LINE_INVALID({ problem: 'it has no type and object' });
  }
  if (event.type !== 'ERROR' && (typeof event.object.metadata !== 'object' || event.object.metadata === null)) {
    throw informerErrors.WATCH_LINE_INVALID({ problem: 'its object has no metadata' });
  }
  return event as ParsedEvent;
}
