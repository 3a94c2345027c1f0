import { EmbeddedCluster } from '@kubewright/cluster';
import type { CommandHandler, PluginReport } from '@kubewright/core';
import { projectPlugins } from './project.js';
import type { pluginsOptions } from './cluster-options.js';
import { table } from './table.js';

/** A plugin with the host that it belongs to. */
interface Row extends PluginReport {
  readonly host: string;
}

/** `kubewright plugins`: the plugins of the cluster that `up` would start here and how they fare. Exits with 1 where they do not fit together or a start failed. */
export const plugins: CommandHandler<typeof pluginsOptions> = async ({ options, io, directory, logger, signal }) => {
  await using cluster = new EmbeddedCluster({ listen: true, logger }).use(
    await projectPlugins(directory, options.plugin),
  );
  let failure: unknown;
  const trial = options.start ? cluster.start({ signal }) : cluster.validate();
  await trial.catch((error: unknown) => (failure = error));
  const rows = (await cluster.plugins()).flatMap(([host, reports]) =>
    reports.map((report): Row => ({ host, ...report })),
  );
  if (options.output === 'json') io.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    const head = ['HOST', 'NAME', 'STATE', 'LEVEL', 'CONTRIBUTES TO', 'CONSUMES', 'NEEDS', 'WHY'];
    io.stdout.write(table([head, ...rows.map(cells)]));
  }
  if (failure !== undefined) throw failure;
};

function cells({ host, name, state, levels, contributes, consumes, needs, reason = '' }: Row): string[] {
  const needed = [...new Set(needs.map(({ plugin }) => plugin))];
  return [
    host,
    name,
    state,
    listed(levels.map(short)),
    listed(contributes.map(short)),
    listed(consumes.map(short)),
    listed(needed),
    reason,
  ];
}

/** `Filter` of `extension point @scope/package/Filter`; `-o json` has the whole name. */
function short(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

const listed = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(','));
