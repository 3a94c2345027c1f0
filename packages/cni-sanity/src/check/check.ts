/**
 * What a check is: data that says what it demands, from whom and by which section of the specification, and a function that
 * finds out. Checks know nothing of each other, of their order, or of how outcomes are shown.
 */
import type { CniVersion } from '@kubewright/cni-sdk';
import type { PluginKind } from '../profile/profile.js';
import type { Session } from '../session/session.js';

/** Under what circumstances a check can be run; where they are missing it is skipped, and the report says why. */
export interface CheckNeeds {
  /** Network namespaces, which only root can make. */
  readonly root?: true;
  /** The kinds of plugins that it is about. Default: all. */
  readonly kinds?: readonly PluginKind[];
  /** The first version of the specification that has the rule; the plugin must list that or a newer one. */
  readonly since?: CniVersion;
  /** A version that the plugin must list. */
  readonly version?: CniVersion;
  /** The plugin is configured to delegate addresses. */
  readonly ipam?: true;
}

export interface Check {
  /** `area.what`; stable, for `--only` and `--skip`. */
  readonly id: string;
  /** What the plugin has to do, in one sentence. */
  readonly rule: string;
  /** Where the specification, or for limits of names its reference library, says so. */
  readonly section: string;
  readonly needs?: CheckNeeds;
  /** @throws KW_SANITY_CHECK_FAILED, or KW_SANITY_NOT_APPLICABLE where only trying could tell. */
  run(session: Session): Promise<void>;
}

/** A section of version 1.1.0, which all checks cite. */
export function section(number: 1 | 2 | 3 | 4 | 5, title = ''): string {
  return `CNI 1.1.0 §${number}${title === '' ? '' : ` ${title}`}`;
}
