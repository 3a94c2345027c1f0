import { isRecord } from '../json/unknown-value.js';
import { coreErrors } from '../errors/core-errors.js';
import { satisfies } from '../version/satisfies.js';

/** What a plugin package says about itself in the field `kubewright` of its package.json. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  /** The versions of Kubewright that the package works with. */
  readonly range: string;
  /** The module whose default export are the plugins, as a path inside the package. */
  readonly plugins: string;
  /** The names of extension points that some plugin of the host has to consume. */
  readonly extensionPoints: readonly string[];
}

/**
 * Reads and checks the content of a package.json.
 *
 * @param kubewright - the version of Kubewright that runs.
 * @throws KW_CORE_PACKAGE_INVALID or KW_CORE_PACKAGE_INCOMPATIBLE.
 */
export function readManifest(name: string, content: unknown, kubewright: string): PackageManifest {
  const invalid = (reason: string): Error => coreErrors.PACKAGE_INVALID({ name, reason });
  const { version, kubewright: field } = asObject(content) ?? {};
  if (field === undefined) throw invalid('its package.json has no field "kubewright", so it is no plugin package');
  const { range, plugins, extensionPoints = [] } = asObject(field) ?? {};
  if (typeof range !== 'string')
    throw invalid('"kubewright.range" in its package.json must be a version range such as "^0.1.0"');
  if (typeof plugins !== 'string' || !plugins.startsWith('./') || plugins.split('/').includes('..')) {
    throw invalid(
      '"kubewright.plugins" in its package.json must be the path of a module inside the package, beginning with "./"',
    );
  }
  if (!isStrings(extensionPoints))
    throw invalid('"kubewright.extensionPoints" in its package.json must be a list of names');
  const known = typeof version === 'string' ? version : 'unknown';
  if (!satisfies(kubewright, range)) throw coreErrors.PACKAGE_INCOMPATIBLE({ name, version: known, range, kubewright });
  return { name, version: known, range, plugins, extensionPoints };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
