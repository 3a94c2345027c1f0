import { formatResult, formatSummary, openProfile, runChecks } from '@kubewright/cni-sanity';

const profile = await openProfile({ plugin: '/opt/cni/bin/bridge' });
const report = await runChecks(profile, { onResult: (result) => process.stdout.write(formatResult(result)) });
process.stdout.write(formatSummary(report));
