import type { CommandHandler } from '@kubewright/core';
import type { CriClient } from '@kubewright/cri-sdk';
import type { statsOptions } from './options.js';
import { table, withClient } from './with-client.js';

/** Between two looks, in milliseconds: what a processor did is a difference. */
const interval = 2_000;

/** What a container had used, by its id. */
type Usage = ReadonlyMap<
  string,
  { readonly name: string; readonly cpu: bigint; readonly at: bigint; readonly memory: bigint; readonly disk: bigint }
>;

export const stats: CommandHandler<typeof statsOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const { options, io, clock, signal } = invocation;
    let before = await usage(client);
    do {
      await clock.sleep(interval, signal);
      const now = await usage(client);
      const rows = [...now].map(([id, { name, cpu, at, memory, disk }]) => {
        const last = before.get(id);
        const share = last === undefined || at === last.at ? 0 : (Number(cpu - last.cpu) / Number(at - last.at)) * 100;
        return [id.slice(0, 12), name, `${share.toFixed(1)}%`, mebibytes(memory), mebibytes(disk)];
      });
      io.stdout.write(table([['CONTAINER', 'NAME', 'CPU', 'MEMORY', 'WRITTEN'], ...rows]));
      before = now;
    } while (options.watch);
  });

async function usage({ runtime }: CriClient): Promise<Usage> {
  const { stats: all } = await runtime.listContainerStats({});
  return new Map(
    all.map(({ attributes, cpu, memory, writableLayer }) => [
      attributes?.id ?? '',
      {
        name: attributes?.metadata?.name ?? '',
        cpu: cpu?.usageCoreNanoSeconds?.value ?? 0n,
        at: cpu?.timestamp ?? 0n,
        memory: memory?.workingSetBytes?.value ?? 0n,
        disk: writableLayer?.usedBytes?.value ?? 0n,
      },
    ]),
  );
}

function mebibytes(bytes: bigint): string {
  return `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`;
}
