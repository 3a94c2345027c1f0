import type { Check } from '../check/check.js';
import { addChecks } from './add.js';
import { chainChecks } from './chain.js';
import { checkVerbChecks } from './check-verb.js';
import { configChecks } from './config.js';
import { delChecks } from './del.js';
import { environmentChecks } from './environment.js';
import { gcStatusChecks } from './gc-status.js';
import { ipamChecks } from './ipam.js';
import { resultChecks } from './result-shape.js';
import { versionChecks } from './version.js';

/** Every check, in the order of a report. */
export const allChecks: readonly Check[] = [
  ...versionChecks,
  ...environmentChecks,
  ...configChecks,
  ...resultChecks,
  ...addChecks,
  ...ipamChecks,
  ...chainChecks,
  ...delChecks,
  ...checkVerbChecks,
  ...gcStatusChecks,
];
