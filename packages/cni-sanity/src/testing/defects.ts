/**
 * Defects to find: what a plugin gets wrong, and the check that has to notice. Some are made inside the plugin, some where
 * its requests and answers pass, and some by a script around its executable.
 */
import { keysOf } from '@kubewright/core';
import type { Defect } from './defect.js';
import type { PluginDefect } from './reference-plugin.js';
import { wireDefects } from './wire-defects.js';

const inPlugin: Readonly<Record<PluginDefect, readonly string[]>> = {
  'del-not-idempotent': ['del.twice', 'del.never-added', 'gc.then-del'],
  'del-needs-namespace': ['del.namespace-gone', 'del.namespace-empty', 'del.interface-gone'],
  'del-needs-result': ['del.without-result'],
  'del-leaves-link': ['del.removes', 'del.then-add', 'check.deleted'],
  'del-removes-all': ['del.other-interfaces'],
  'del-removes-others': ['del.other-containers'],
  'del-keeps-lease': ['ipam.del'],
  'del-ignores-ipam-failure': ['ipam.del-failure'],
  'add-replaces-interface': ['add.existing-interface', 'add.twice'],
  'add-once-per-container': ['add.second-interface'],
  'no-sandbox': ['add.interface'],
  'no-address': ['add.addresses'],
  'no-route': ['add.routes'],
  'link-down': ['add.link'],
  'wrong-mac': ['add.link'],
  'no-interface-index': ['add.address-interface'],
  'drops-prev-result': ['chain.passes-result'],
  'same-address': ['add.distinct'],
  'invented-address': ['ipam.result'],
  'ipam-failure-ignored': ['ipam.failure', 'ipam.missing'],
  'ipam-leak': ['ipam.released-on-failure'],
  'ipam-kept-without-namespace': ['ipam.del-without-namespace'],
  'ipam-called-twice': ['ipam.add'],
  'check-nothing': ['check.link-removed', 'check.deleted', 'ipam.check'],
  'check-no-addresses': ['check.address-removed'],
  'check-no-routes': ['check.route-removed'],
  'check-refuses-additions': ['check.tolerates-additions'],
  'check-no-ipam': ['ipam.check'],
  'gc-nothing': ['gc.removes-stale'],
  'gc-needs-work': ['gc.repeats'],
  'gc-everything': ['gc.keeps-valid'],
  'gc-by-container': ['gc.other-interfaces'],
  'gc-all-networks': ['gc.other-networks'],
  'gc-no-ipam': ['ipam.gc'],
  'status-internal-error': ['status.answers'],
  'status-no-ipam': ['ipam.status'],
  'unknown-arguments': ['args.ignore-unknown'],
  'long-container-id': ['env.container-id-long'],
};

const scripts: readonly Defect[] = [
  { name: 'logs-on-stdout', caughtBy: ['output.json-only'], script: 'echo "level=info msg=starting"; exec "$shim"' },
  {
    name: 'version-as-text',
    caughtBy: ['version.reply'],
    script: 'if [ "$CNI_COMMAND" = VERSION ]; then echo "plugin 1.0"; else exec "$shim"; fi',
  },
  {
    name: 'version-needs-input',
    caughtBy: ['version.no-input'],
    script: 'if [ "$CNI_COMMAND" = VERSION ] && [ -z "$(cat)" ]; then exit 1; fi; exec "$shim"',
  },
  {
    name: 'version-needs-variables',
    caughtBy: ['version.no-variables'],
    script: '[ -n "$CNI_PATH" ] || exit 1; exec "$shim"',
  },
  {
    name: 'version-twice',
    caughtBy: ['version.names'],
    script:
      'if [ "$CNI_COMMAND" = VERSION ]; then echo \'{"cniVersion":"1.1.0","supportedVersions":["1.1.0","1.1.0"]}\'; else exec "$shim"; fi',
  },
  {
    name: 'errors-on-stderr',
    caughtBy: ['error.json'],
    script: 'out=$("$shim"); code=$?; if [ $code = 0 ]; then echo "$out"; else echo "$out" >&2; fi; exit $code',
  },
];

/** One each; the plugin is right in everything that this does not touch. */
export const defects: readonly Defect[] = [
  ...keysOf(inPlugin).map((plugin) => ({ name: plugin, caughtBy: inPlugin[plugin], plugin })),
  ...wireDefects,
  ...scripts,
];
