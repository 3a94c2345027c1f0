import { existsSync } from 'node:fs';
import { startHostPathDriver } from '@kubewright/storage/testing';
import type { Suite } from '../runner/suite.js';
import { runSanity } from './sanity.js';
import type { SanityRun } from './sanity.js';

const variable = 'KUBEWRIGHT_CSI_SANITY';

/** Small, because the judge fills the node up to its limit. */
const maxVolumesPerNode = 4;

/** csi-sanity against the host-path driver, with every optional part of the judge turned on: nothing may be skipped. */
export const csiSuite = hostPathSuite('csi', 'with files', { mutableParameters: { directoryMode: '0750' } });

/** The same with raw devices, which have no parameters that can be changed. */
export const csiBlockSuite = hostPathSuite('csi-block', 'with raw devices', {
  flags: ['--csi.testvolumeaccesstype=block'],
});

function hostPathSuite(
  name: string,
  volumes: string,
  { flags = [], ...more }: Pick<SanityRun, 'flags' | 'mutableParameters'>,
): Suite {
  return {
    name,
    summary: `csi-sanity v5.5.0 (CSI 1.12) on the host-path driver ${volumes}`,
    needs: [variable, 'root, for mounts'],
    async run({ environment, signal, progress }) {
      const missing = whatIsMissing(environment[variable]);
      if (missing !== undefined) return [{ name: 'csi-sanity', outcome: 'skipped', reason: missing }];
      await using started = await startHostPathDriver({ maxVolumesPerNode });
      const { cases, pending } = await runSanity({
        program: environment[variable] ?? '',
        endpoint: `unix://${started.socketPath}`,
        flags: ['--csi.testnodevolumeattachlimit', ...flags],
        signal,
        ...more,
      });
      progress(`${cases.length} specs ran; ${pending.length} that the judge itself has put off: ${pending.join('; ')}`);
      return cases;
    },
  };
}

function whatIsMissing(program: string | undefined): string | undefined {
  if (program === undefined) return `${variable} is not set: give it the path of csi-sanity`;
  if (!existsSync(program)) return `${variable} names '${program}', which is not there`;
  return process.getuid?.() === 0 ? undefined : 'the driver mounts, which needs root';
}
