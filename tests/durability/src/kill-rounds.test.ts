import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kubewright/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { killRounds } from './kill-rounds.js';
import type { KillReport } from './kill-rounds.js';

/** `npm run soak` goes on for fifty. */
const rounds = 10;
const directory = mkdtempSync(join(tmpdir(), 'kill-rounds-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a server that is killed', () => {
  it(
    `has every acknowledged write after each of ${rounds} kills, and its resourceVersions go on`,
    { timeout: 240_000 },
    async () => {
      const reports: KillReport[] = [];
      await killRounds(directory, rounds, new SeededRandom(7), (report) => reports.push(report));
      expect(reports).toHaveLength(rounds);
      const sum = (of: (report: KillReport) => number): number => reports.reduce((all, one) => all + of(one), 0);
      expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(5 * rounds);
      // Most kills come while some write is under way, or they would prove little.
      expect(reports.filter(({ unanswered }) => unanswered > 0).length).toBeGreaterThan(rounds / 2);
    },
  );
});
