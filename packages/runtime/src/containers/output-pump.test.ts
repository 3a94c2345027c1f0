import { PassThrough } from 'node:stream';
import { FakeClock } from '@kubewright/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { runtimeErrors } from '../errors.js';
import { OutputPump, takeRest } from './output-pump.js';

/** A reader that takes one chunk at a time, and the next one when it is let. */
class SlowReader {
  readonly got: string[] = [];
  let: () => void = () => undefined;

  readonly take = (chunk: Buffer): Promise<void> => {
    this.got.push(chunk.toString());
    return new Promise((resolve) => (this.let = resolve));
  };
}

describe('takeRest', () => {
  let clock: FakeClock;
  let output: PassThrough;
  let reader: SlowReader;
  beforeEach(() => {
    clock = new FakeClock();
    output = new PassThrough();
    reader = new SlowReader();
  });
  const settled = async (work: Promise<unknown>): Promise<boolean> => {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    await clock.advance(0);
    return isOver;
  };

  it('waits as long as the reader has no room, and for all of it', async () => {
    const pump = new OutputPump(output, reader.take);
    output.write('one');
    await clock.advance(0);
    output.end('two');
    const rest = takeRest([pump], clock);
    await clock.advance(3_600_000);
    expect([await settled(rest), reader.got]).toEqual([false, ['one']]);
    reader.let();
    expect(await settled(rest)).toBe(false);
    await clock.advance(3_600_000);
    expect(reader.got).toEqual(['one', 'two']);
    await rest;
    expect(clock.timers).toBe(0);
  });

  it('waits a second for what is held open by what the command started', async () => {
    const pump = new OutputPump(output, () => undefined);
    const rest = takeRest([pump], clock);
    await clock.advance(999);
    expect(await settled(rest)).toBe(false);
    await clock.advance(1);
    await rest;
  });

  it('reads on where it is told to, keeps that for the reader, and says so where it is too much', async () => {
    const pump = new OutputPump(output, reader.take, (held) => held.readOn());
    for (const word of ['one', 'two', 'three']) output.write(word);
    output.end();
    await clock.advance(0);
    expect([reader.got, output.readableLength]).toEqual([['one'], 0]);
    for (const _turn of [1, 2, 3]) {
      reader.let();
      await clock.advance(0);
    }
    await takeRest([pump], clock);
    expect(reader.got).toEqual(['one', 'two', 'three']);

    const endless = new PassThrough();
    const never = new OutputPump(endless, reader.take, (held) => held.readOn());
    while (!endless.destroyed) {
      endless.write(Buffer.alloc(1024 * 1024));
      await clock.advance(0);
    }
    const lost = takeRest([never], clock);
    reader.let();
    await expect(lost).rejects.toMatchObject({ code: runtimeErrors.OUTPUT_LOST.code });
  });
});
