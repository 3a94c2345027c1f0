/**
 * Work that goes on at once: taking turns by key, doing a thing once for all who ask, waiting with an end, sharing the event
 * loop. Nothing here knows the time; waits with a limit take a signal.
 *
 * @packageDocumentation
 */

// By key
export { KeyedLock } from './keyed-lock.js';
export { SingleFlight } from './single-flight.js';

// Waiting
export { abortReason } from './abort-reason.js';
export { until } from './until.js';
export { Waiters } from './waiters.js';
export { WakeUp } from './wake-up.js';

// Many items, and a share of the event loop for others
export { inTurns } from './in-turns.js';
export { nextTurn } from './next-turn.js';
export { runWorkers } from './run-workers.js';
