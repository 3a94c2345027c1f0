/**
 * `npm start`: the operator on an embedded cluster, with a live view of what happens. `--once` plays the scenario and ends;
 * `--port N` serves the cluster at a fixed port.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EmbeddedCluster } from '@kubewright/cluster';
import { SystemClock, silentLogger } from '@kubewright/core';
import { Client, kubeconfig } from '@kubewright/informer';
import { Kubewright, kindOf } from 'kubewright';
import { parse } from 'yaml';
import { InMemoryHosting } from '../hosting-api.js';
import { Website } from '../website.js';
import { WebsiteController } from '../website.controller.js';
import { LiveView } from './live-view.js';
import { playScenario, untilReady } from './scenario.js';
import { WriteLog } from './write-log.js';

const usage = `usage: npm start [-- --once] [-- --port N]

Starts a cluster in this process, runs the website operator on it and applies a sample.
  --once    scale and delete the sample as well, then end: exit code 0 if all was observed
  --port N  serve the cluster at this port (default: a free one)
  --help    this text
`;

function options(): { readonly once: boolean; readonly port: number } {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new TypeError(`--port takes a number from 0 to 65535, not '${values.port}'`);
    return { once: values.once, port };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { once, port } = options();
const clock = new SystemClock();
const began = clock.monotonic();
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const kubeconfigPath = join(root, '.kubewright', 'demo', 'kubeconfig');

const cluster = await new EmbeddedCluster({ name: 'demo', nodes: 2, listen: { port } }).use(WriteLog).start();
await cluster.writeKubeconfig(kubeconfigPath);
const operator = new Kubewright({ name: 'website-operator', logger: silentLogger, signals: false })
  .connect(cluster.connection())
  .use([InMemoryHosting, WebsiteController]);
await operator.start();

// From here on the demo is a client like any other: over HTTPS, with the kubeconfig that people get.
const { transport, namespace } = await kubeconfig({ path: kubeconfigPath }).open();
const client = new Client({ transport, namespace, userAgent: 'demo' });
const view = new LiveView(client, cluster.get(WriteLog), clock, process.stdout);

async function shutDown(): Promise<void> {
  await view.stop();
  await transport.close();
  await operator.stop();
  await cluster.stop();
}

view.say(
  `a cluster with two simulated nodes and the operator run in this process, after ${Math.round(clock.monotonic() - began)} ms`,
);
view.start();
try {
  const sample = parse(await readFile(new URL('../../website.sample.yaml', import.meta.url), 'utf8')) as Website;
  const name = sample.metadata.name ?? '';
  view.say(`applying website.sample.yaml: a Website named '${name}' with ${sample.spec.replicas} replicas`);
  await client.apply(kindOf(Website), { ...sample, metadata: { ...sample.metadata, name } });
  await untilReady(client, name, sample.spec.replicas);
  if (once) await playScenario(client, name, (text) => view.say(text));
} catch (error) {
  process.stderr.write(`the demo failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

if (once || process.exitCode === 1) await shutDown();
else {
  view.say(
    `\nthe website is up. Look around from another terminal:\n  export KUBECONFIG=${kubeconfigPath}\n  kubectl get websites,deployments,pods\n  kubectl scale website blog --replicas=5\nCtrl-C stops everything.\n`,
  );
  const stop = (): void => {
    process.once('SIGINT', () => process.exit(130));
    view.say('stopping');
    void shutDown().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
