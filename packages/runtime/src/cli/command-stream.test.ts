import { Readable, Writable } from 'node:stream';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { RecordingIo } from '@kubewright/core/testing';
import { StreamingServer } from '@kubewright/cri-sdk';
import type { ProcessStreams } from '@kubewright/cri-sdk';
import { ExecRequestSchema } from '@kubewright/cri-sdk/v1';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { joinCommand } from './command-stream.js';
import { writeOutput } from './write-output.js';

/** Far more than sockets and streams hold on the way. */
const flood = 64 * 1024 * 1024;
const piece = Buffer.alloc(64 * 1024);

/** Takes nothing until it is let. */
class SlowOutput extends Writable {
  taken = 0;
  #let: (() => void) | undefined;
  #isSlow = true;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.taken += chunk.length;
    if (this.#isSlow) this.#let = done;
    else done();
  }

  goOn(): void {
    this.#isSlow = false;
    this.#let?.();
  }
}

async function withCommand(
  exec: (streams: ProcessStreams) => Promise<number>,
  stdin: boolean,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = new StreamingServer({
    clock: new SystemClock(),
    random: new SystemRandom(),
    runtime: {
      exec: (_request, streams) => exec(streams),
      attach: async () => undefined,
      portForward: async () => undefined,
    },
  });
  await server.start();
  try {
    await use(server.exec(create(ExecRequestSchema, { containerId: 'c', cmd: ['x'], stdout: true, stdin })).url);
  } finally {
    await server.stop();
  }
}

/** Resolves once a count, which has begun, does not change any more. */
async function standsStill(count: () => number): Promise<void> {
  let before = 0;
  const look = (): boolean => {
    const isStill = before > 0 && before === count();
    before = count();
    return isStill;
  };
  await expect.poll(look, { interval: 200, timeout: 10_000 }).toBe(true);
}

describe('joinCommand', () => {
  const { signal } = new AbortController();

  it('leaves with the command what the reader does not take, and passes on all of it in the end', async () => {
    let written = 0;
    const write = async ({ stdout }: ProcessStreams): Promise<number> => {
      const source = Readable.from(pieces(() => (written += piece.length)));
      for await (const chunk of source)
        if (stdout?.write(chunk) === false) await new Promise<void>((resolve) => stdout.once('drain', resolve));
      return 3;
    };
    await withCommand(write, false, async (url) => {
      const stdout = new SlowOutput();
      const ended = joinCommand(url, { stdout, stderr: new RecordingIo().stderr }, signal);
      await standsStill(() => written);
      expect(written).toBeLessThan(flood / 2);
      stdout.goOn();
      expect(await ended).toBe(3);
      await new Promise<void>((resolve) => stdout.end(resolve));
      expect(stdout.taken).toBe(flood);
    });
  });

  it('leaves in the input what the command does not read, and gives all of it in the end', async () => {
    let read = 0;
    const begin = Promise.withResolvers<void>();
    const readAll = async ({ stdin }: ProcessStreams): Promise<number> => {
      await begin.promise;
      for await (const chunk of stdin ?? []) read += (chunk as Buffer).length;
      return 0;
    };
    await withCommand(readAll, true, async (url) => {
      let given = 0;
      const { stdout, stderr } = new RecordingIo();
      const stdin = Readable.from(pieces(() => (given += piece.length)));
      const ended = joinCommand(url, { stdin, stdout, stderr }, signal);
      await standsStill(() => given);
      expect(given).toBeLessThan(flood / 2);
      begin.resolve();
      expect([await ended, read]).toEqual([0, flood]);
    });
  });

  it('ends with its signal, also while the reader takes nothing', async () => {
    const killed = Promise.withResolvers<number>();
    const write = async ({ stdout }: ProcessStreams): Promise<number> => {
      for (let count = 0; count < 64; count++) stdout?.write(piece);
      return killed.promise;
    };
    await withCommand(write, false, async (url) => {
      const [stdout, gone] = [new SlowOutput(), new AbortController()];
      const ended = joinCommand(url, { stdout, stderr: new RecordingIo().stderr }, gone.signal);
      await standsStill(() => stdout.taken);
      gone.abort(new Error('enough'));
      await expect(ended).rejects.toThrow('enough');
      killed.resolve(137);
    });
  });
});

describe('writeOutput', () => {
  it('waits for the reader, his end, or the signal', async () => {
    const [output, gone] = [new SlowOutput({ highWaterMark: 1 }), new AbortController()];
    let isDone = false;
    const writing = writeOutput(output, 'abc', gone.signal).then(() => (isDone = true));
    await Promise.resolve();
    expect(isDone).toBe(false);
    output.goOn();
    await writing;
    const other = new SlowOutput({ highWaterMark: 1 });
    const left = [writeOutput(other, 'abc', gone.signal), writeOutput(other, 'abc', new AbortController().signal)];
    gone.abort();
    await left[0];
    other.destroy();
    await left[1];
    await writeOutput(
      other.on('error', () => undefined),
      'abc',
      new AbortController().signal,
    );
  });
});

function* pieces(count: () => void): Generator<Buffer> {
  for (let given = 0; given < flood; given += piece.length) {
    count();
    yield piece;
  }
}
