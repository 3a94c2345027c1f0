import { describe, expect, it } from 'vitest';
import type { Acknowledgement, NetlinkRequest } from '../netlink/message.js';
import { LinkReaper } from './link-reaper.js';

class RecordingTables {
  readonly rounds: string[][] = [];
  answer: (request: NetlinkRequest) => Acknowledgement = () => ({ errno: 0 });

  async run(...requests: readonly NetlinkRequest[]): Promise<void> {
    await this.settle(requests);
  }

  async settle(requests: readonly NetlinkRequest[]): Promise<Acknowledgement[]> {
    this.rounds.push(requests.map(({ purpose }) => purpose));
    await new Promise((resolve) => setImmediate(resolve));
    return requests.map((request) => this.answer(request));
  }
}

describe('LinkReaper', () => {
  it('deletes one link by itself, without a group', async () => {
    const tables = new RecordingTables();
    expect(await new LinkReaper(tables, 77).delete(5)).toBe(true);
    expect(tables.rounds).toEqual([["delete the link '5'"]]);
  });

  it('deletes what comes together in one request, and what comes meanwhile in the next', async () => {
    const tables = new RecordingTables();
    const reaper = new LinkReaper(tables, 77);
    const first = [reaper.delete(5), reaper.delete(6)];
    await new Promise((resolve) => setImmediate(resolve));
    const later = reaper.delete(7);
    expect(await Promise.all([...first, later])).toEqual([true, true, true]);
    expect(tables.rounds).toEqual([
      ["change the link '5'", "change the link '6'"],
      ['delete the links of group 77'],
      ["delete the link '7'"],
    ]);
  });

  it('tells each caller of its own link', async () => {
    const tables = new RecordingTables();
    tables.answer = ({ purpose }) => ({ errno: purpose.includes("'5'") ? 19 : purpose.includes("'6'") ? 1 : 0 });
    const reaper = new LinkReaper(tables, 77);
    const outcomes = await Promise.allSettled([reaper.delete(5), reaper.delete(6), reaper.delete(7)]);
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
      false,
      expect.stringContaining('EPERM'),
      true,
    ]);
  });
});
