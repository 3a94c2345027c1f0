import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCluster } from '@kubewright/cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinCases } from './builtin-cases.js';
import { customResourceCases } from './custom-resource-cases.js';
import { KubectlSession, findKubectls } from './kubectl.js';
import type { Kubectl } from './kubectl.js';

const kubectls = findKubectls(process.env);

/** Runs the whole table with one kubectl on a cluster of its own; later rows use what earlier ones made. */
function describeTable(kubectl: Kubectl): void {
  describe(`kubectl ${kubectl.version}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubectl-test-'));
    const kubeconfig = join(folder, 'kubeconfig');
    let cluster: EmbeddedCluster;
    let session: KubectlSession;

    beforeAll(async () => {
      cluster = await new EmbeddedCluster({ listen: true, nodes: 2 }).start();
      await cluster.writeKubeconfig(kubeconfig);
      session = new KubectlSession(kubectl, kubeconfig);
    });
    afterAll(async () => {
      session[Symbol.dispose]();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('get -w: shows what is there and then what happens', async () => {
      const step = (run: string) => async () => expect(await session.check({ run })).toBeUndefined();
      await step('create configmap watched --from-literal=a=1')();
      const scaled = async (): Promise<void> => {
        await step('label configmap watched seen=yes')();
        await step('create configmap watched-too')();
        await step('delete configmap watched watched-too')();
      };
      const said = await session.follow('get configmaps -w --show-labels', scaled, /watched-too/);
      expect(said).toMatch(/^NAME +DATA +AGE +LABELS\n/);
      expect(said).toMatch(/watched +1 +\S+ +<none>\n[^]*watched +1 +\S+ +seen=yes\n[^]*watched-too +0/);
    });

    for (const [index, command] of [...builtinCases, ...customResourceCases].entries()) {
      if (command.since !== undefined && kubectl.minor < command.since) continue;
      it(`${index + 1}: ${command.run}`, async () => expect(await session.check(command)).toBeUndefined());
    }
  });
}

for (const kubectl of kubectls) describeTable(kubectl);

describe.skipIf(kubectls.length > 0)('kubectl', () => {
  it('is not on this machine: name one or several in KUBEWRIGHT_KUBECTL', () => expect(kubectls).toEqual([]));
});
