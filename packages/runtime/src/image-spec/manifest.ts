import { isRecord } from '@kubewright/core';
import type { UnknownRecord } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { isDigest } from './digest.js';

/** Media types of manifests and indexes that are understood, both of OCI and of Docker. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

const indexTypes: ReadonlySet<string> = new Set(manifestTypes.slice(0, 2));

export interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An image per platform. */
export interface ImageIndex {
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform })[];
}

/** What an image's configuration says about running it. */
export interface ImageProcess {
  readonly user: string;
  readonly environment: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly stopSignal: string;
  readonly volumes: readonly string[];
}

export interface ImageConfig {
  readonly process: ImageProcess;
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Bytes of a manifest, an index or a configuration: the protocol lets registries refuse larger ones. */
export const largestManifest = 4 * 1024 * 1024;
/** Layers are hundreds at the very most; more is an attack. */
const mostEntries = 1_000;
/** Layers that no registry gives away. */
const foreignLayer = /(?:nondistributable|foreign)/;

/** Types of configurations of images; old tools say nothing, or that it is bytes. Anything else is an artifact's. */
const configTypes = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
  '',
];

/**
 * Reads a manifest or an index. What could be taken for both is refused: signatures and rules of others may have taken it for
 * the other one (CVE-2021-41190).
 *
 * @param served - the media type that a registry gave it out as, where one did.
 * @throws MANIFEST_INVALID
 */
export function parseManifest(bytes: Buffer, digest: string, served = ''): Manifest | ImageIndex {
  const bad = (reason: string): Error => runtimeErrors.MANIFEST_INVALID({ digest, reason });
  const json = parse(bytes, bad);
  if (json['schemaVersion'] !== 2)
    throw bad('only schema version 2 is supported; push the image anew with a current tool');
  const isIndex = json['manifests'] !== undefined;
  if (isIndex && (json['layers'] !== undefined || json['config'] !== undefined))
    throw bad('it is a manifest and an index at once');
  for (const type of [served, text(json['mediaType'])])
    if (manifestTypes.some((known) => known === type) && indexTypes.has(type) !== isIndex)
      throw bad(`it is said to be of the type ${type}, and is not`);
  if (isIndex) {
    if (!Array.isArray(json['manifests'])) throw bad('its manifests are no list');
    const manifests = list(json['manifests'], bad).map((entry) => {
      const platform = object(entry['platform']);
      const parsed = platform && {
        os: text(platform['os']),
        architecture: text(platform['architecture']),
        ...(typeof platform['variant'] === 'string' && { variant: platform['variant'] }),
      };
      return { ...descriptor(entry, bad), ...(parsed && { platform: parsed }) };
    });
    return { manifests };
  }
  const config = object(json['config']);
  if (config === undefined || !Array.isArray(json['layers'])) throw bad('it has no config and layers');
  const layers = list(json['layers'], bad).map((entry) => descriptor(entry, bad));
  const foreign = layers.find(({ mediaType }) => foreignLayer.test(mediaType));
  if (foreign !== undefined) throw bad(`layer ${foreign.digest} is not distributed by registries`);
  const described = descriptor(config, bad);
  if (!configTypes.includes(described.mediaType))
    throw bad(`it is no image, but an artifact of the type ${text(json['artifactType']) || described.mediaType}`);
  if (described.size > largestManifest) throw bad(`its configuration has more than ${largestManifest} bytes`);
  return { config: described, layers };
}

/** Reads a configuration. @throws MANIFEST_INVALID */
export function parseConfig(bytes: Buffer, digest: string): ImageConfig {
  const bad = (reason: string): Error => runtimeErrors.MANIFEST_INVALID({ digest, reason });
  const json = parse(bytes, bad);
  const layers = object(json['rootfs'])?.['diff_ids'];
  if (!Array.isArray(layers) || !layers.every(isDigest)) throw bad('its configuration does not list the layers');
  const config = object(json['config']) ?? {};
  // What would run otherwise than the image says must not run.
  const said = <T>(name: string, read: (value: unknown) => T | undefined, absent: T): T => {
    const value = config[name] ?? undefined;
    const known = value === undefined ? absent : read(value);
    if (known === undefined) throw bad(`its configuration has a '${name}' of the wrong kind`);
    return known;
  };
  const saidText = (name: string) => said(name, (value) => (typeof value === 'string' ? value : undefined), '');
  const saidTexts = (name: string) => said(name, texts, []);
  const saidObject = (name: string) => said(name, object, {});
  const labels = Object.entries(saidObject('Labels')).filter(isText);
  return {
    layers,
    labels: Object.fromEntries(labels),
    process: {
      user: saidText('User'),
      environment: saidTexts('Env'),
      entrypoint: saidTexts('Entrypoint'),
      command: saidTexts('Cmd'),
      workingDirectory: saidText('WorkingDir'),
      stopSignal: saidText('StopSignal'),
      volumes: Object.keys(saidObject('Volumes')),
    },
  };
}

/** The image for a platform: of several, the one whose variant fits or is not told. @throws NO_PLATFORM */
export function choosePlatform({ manifests }: ImageIndex, wanted: Platform, reference: string): Descriptor {
  const fitting = manifests.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
  const found =
    fitting.find(({ platform }) => platform?.variant === wanted.variant) ??
    fitting.find(({ platform }) => platform?.variant === undefined) ??
    fitting[0] ??
    (manifests.length === 1 && manifests[0]?.platform === undefined ? manifests[0] : undefined);
  if (found !== undefined) return found;
  const available = manifests.flatMap(({ platform }) => (platform ? [showPlatform(platform)] : []));
  throw runtimeErrors.NO_PLATFORM({ reference, platform: showPlatform(wanted), available });
}

/** The platform of this machine, in the words of OCI. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  const architecture = names[process.arch] ?? process.arch;
  return { os: 'linux', architecture, ...(architecture === 'arm64' && { variant: 'v8' }) };
}

function showPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

function parse(bytes: Buffer, bad: (reason: string) => Error): UnknownRecord {
  try {
    const parsed = object(JSON.parse(bytes.toString()));
    if (parsed !== undefined) return parsed;
  } catch {
    // It is told below.
  }
  throw bad('it is no JSON object');
}

function list(values: readonly unknown[], bad: (reason: string) => Error): UnknownRecord[] {
  if (values.length > mostEntries) throw bad(`it has more than ${mostEntries} entries`);
  return values.map((value) => object(value) ?? {});
}

function descriptor(value: UnknownRecord, bad: (reason: string) => Error): Descriptor {
  const { digest, size, mediaType } = value;
  if (!isDigest(digest)) throw bad('an entry has no sha256 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw bad(`${digest} has no size`);
  return { digest, size, mediaType: text(mediaType) };
}

function object(value: unknown): UnknownRecord | undefined {
  return isRecord(value) ? value : undefined;
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Old tools write one text where there is a list of one. */
function texts(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((entry) => typeof entry === 'string') ? list : undefined;
}
