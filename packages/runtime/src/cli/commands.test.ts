import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { RecordingIo, commandContext, describeCliCommandContract, readWords } from '@kubewright/core/testing';
import { CriClient, StreamingServer, criServer } from '@kubewright/cri-sdk';
import { FakeRuntime } from '@kubewright/cri-sdk/testing';
import type { ExecRequest } from '@kubewright/cri-sdk/v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runtimeCommands } from './commands.js';

for (const command of runtimeCommands) describeCliCommandContract({ describe, it }, command);

const [clock, random] = [new SystemClock(), new SystemRandom()];

/** The runtime in memory, with commands that stream: each says its words and its input, and ends with 3. */
class StreamingRuntime extends FakeRuntime {
  readonly streaming = new StreamingServer({
    clock,
    random,
    runtime: {
      exec: async ({ cmd }, { stdout, stdin }) => {
        stdout?.write(cmd.join(' '));
        for await (const chunk of stdin ?? []) stdout?.write(chunk as Buffer);
        return 3;
      },
      attach: async () => undefined,
      portForward: async () => undefined,
    },
  });

  override async exec(request: ExecRequest): Promise<{ url: string }> {
    return this.streaming.exec(request);
  }
}

describe('the commands of a runtime', () => {
  let home: string;
  let runtime: StreamingRuntime;
  let stop: () => Promise<void>;
  let client: CriClient;
  let io: RecordingIo;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-cli-'));
    runtime = new StreamingRuntime({ clock, random });
    await runtime.streaming.start();
    const server = criServer({
      runtime,
      images: runtime.images,
      clock,
      address: join(home, 'cri.sock'),
      gracePeriod: 100,
    });
    await server.start();
    client = new CriClient({ address: join(home, 'cri.sock'), clock });
    stop = async () => {
      client.close();
      await server.stop();
      await runtime.streaming.stop();
    };
    io = new RecordingIo();
  });
  afterEach(async () => {
    await stop();
    await rm(home, { recursive: true });
  });

  /** Runs a command line as the program does. */
  const kubewright = async (line: string): Promise<number | void> => {
    const words = line.split(' ');
    const command = runtimeCommands.find(({ name }) => name === `runtime ${words[0]}`);
    if (command === undefined) throw new Error(`there is no command '${words[0]}'`);
    const known = { address: join(home, 'cri.sock'), control: join(home, 'none') };
    const places = Object.entries(known).flatMap(([name, path]) =>
      name in command.options ? [`--${name}=${path}`] : [],
    );
    return command.run(readWords([...places, ...words.slice(1)]), commandContext(io));
  };
  const containers = async () => (await client.runtime.listContainers({})).containers;

  it('pull, run, list, inspect, use, stop and remove', async () => {
    await kubewright('pull example.com/app:1');
    expect(io.written).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    await kubewright('run -d --name web example.com/app:1 -- wait');
    const [container] = await containers();
    expect(io.written).toContain(`${container?.id}\n`);
    await kubewright('ps');
    expect(io.written).toMatch(new RegExp(`${container?.id.slice(0, 12)} +web +running +example.com/app:1`));
    await kubewright('images');
    expect(io.written).toContain('example.com/app:1');
    await kubewright('inspect web');
    expect(io.written).toContain('"CONTAINER_RUNNING"');
    expect(await kubewright('exec web -- say it')).toBe(3);
    expect(io.written).toContain('say it');
    await kubewright('stop web');
    io.written = '';
    await kubewright('ps');
    expect(io.written).not.toContain('web');
    await kubewright('ps -a');
    expect(io.written).toContain('exited');
    await kubewright('rm web');
    expect([await containers(), (await client.runtime.listPodSandbox({})).items]).toEqual([[], []]);
    await kubewright('rmi example.com/app:1');
    expect((await client.images.listImages({})).images).toEqual([]);
  });

  it('run gives the exit code of the container, and leaves nothing', async () => {
    expect(await kubewright('run example.com/app:1 -- exit 7')).toBe(7);
    expect([await containers(), (await client.runtime.listPodSandbox({})).items]).toEqual([[], []]);
  });

  it('say what is wrong', async () => {
    await expect(kubewright('exec none -- x')).rejects.toThrow(/'none' names no container/);
    await expect(kubewright('exec web')).rejects.toThrow(/needs a container and a command/);
    await expect(kubewright('rmi none')).rejects.toThrow(/no image 'none'/);
    await expect(kubewright('pull missing.invalid/app')).rejects.toThrow(/not found/);
    await expect(kubewright('export app')).rejects.toThrow(/KW_RUNTIME_CONTROL_UNREACHABLE/);
  });
});
