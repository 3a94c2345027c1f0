import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttachmentStore } from './attachment-store.js';

describe('AttachmentStore', () => {
  let directory: string;
  let store: AttachmentStore<unknown>;

  const names = (found: readonly { readonly containerId: string }[]): string[] =>
    found.map(({ containerId }) => containerId).toSorted();
  const put = (network: string, ...containerIds: readonly string[]): void => {
    for (const containerId of containerIds) store.put({ network, containerId, ifName: 'eth0' }, containerId);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'store-'));
    store = new AttachmentStore(join(directory, 'type'), (value) => value ?? 'damaged');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('tells those of one network, of all, the stale and the kept', async () => {
    put('one', 'a', 'b', 'c');
    put('two', 'd');
    const all = [];
    for await (const one of store.each()) all.push(one);
    const valid = [
      { containerID: 'b', ifname: 'eth0' },
      { containerID: 'd', ifname: 'eth0' },
    ];
    expect(names(all)).toEqual(['a', 'b', 'c', 'd']);
    expect(names(await store.list('one'))).toEqual(['a', 'b', 'c']);
    expect(names(await store.stale('one', valid))).toEqual(['a', 'c']);
    expect(await store.kept('one', valid)).toEqual([{ network: 'one', containerId: 'b', ifName: 'eth0', value: 'b' }]);
    expect(await store.list('three')).toEqual([]);
  });

  it('leaves out what is no attachment, and has damaged ones decoded from nothing', async () => {
    mkdirSync(join(directory, 'type/one'), { recursive: true });
    writeFileSync(join(directory, 'type/one/stranger'), '{}');
    writeFileSync(join(directory, 'type/one/a:eth0'), '{');
    expect(await store.list('one')).toEqual([expect.objectContaining({ containerId: 'a', value: 'damaged' })]);
  });

  it('gives the event loop turns in a long list, and reads no more of it than is asked for', async () => {
    put('one', ...Array.from({ length: 400 }, (_, index) => `c${index}`));
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    expect(await store.list('one')).toHaveLength(400);
    over = true;
    expect(turns).toBeGreaterThanOrEqual(20);
    let read = 0;
    const counting = new AttachmentStore(join(directory, 'type'), () => (read += 1));
    for await (const one of counting.each()) if (one.network === 'one') break;
    expect(read).toBe(1);
  });
});
