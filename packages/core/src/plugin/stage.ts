/**
 * The stages of a start, for what dependencies do not say.
 *
 * - Start: a plugin starts when everything of the stages before its own has started, and, inside its stage, everything it
 *   depends on. What a plugin depends on is pulled into its stage if it belonged to a later one. Plugins of a stage that do not
 *   depend on each other start together.
 * - Stop: exactly in reverse, so that what serves outlives what works.
 * - Deadlines: a start has no limit unless the plugin sets `startTimeout`; all stops of a host together have its grace period,
 *   30 s by default, after which what still runs is no longer waited for.
 */
export const stages = [
  /** What all else stands on: storage, servers inside the process, connections. */
  'foundation',
  /** What answers from outside, and does so while the rest still starts: health, metrics, webhooks. */
  'serve',
  /** What has to be there before work begins: objects that are installed, checks that may refuse the start. */
  'prepare',
  /** The work itself. */
  'work',
] as const;

export type Stage = (typeof stages)[number];

/** Of a plugin that names none. */
export const defaultStage: Stage = 'work';
