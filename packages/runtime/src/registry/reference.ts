import { runtimeErrors } from '../errors.js';

/** The name of an image, taken apart. */
export interface ImageReference {
  /** Host and port of the registry. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where only a digest is given. */
  readonly tag?: string;
  readonly digest?: string;
}

const shape = /^(?<path>[^@]+?)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;
const repositoryShape = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const hostShape = /^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:.]+\])(?::\d+)?$/;

/**
 * Reads the name of an image. Names without a host are Docker Hub's, as everywhere; without tag and digest, the tag is
 * `latest`.
 *
 * @throws REFERENCE_INVALID
 */
export function parseReference(text: string): ImageReference {
  const bad = (reason: string): Error => runtimeErrors.REFERENCE_INVALID({ reference: text.slice(0, 300), reason });
  const { path = '', tag, digest } = (text.length <= 1024 && shape.exec(text)?.groups) || {};
  if (path === '') throw bad('it has not the shape of a name');
  const [first = '', ...rest] = path.split('/');
  const hasHost = rest.length > 0 && (/[.:[]/.test(first) || first === 'localhost');
  const registry = hasHost ? first : 'docker.io';
  const plain = hasHost ? rest.join('/') : path;
  const repository = registry === 'docker.io' && !plain.includes('/') ? `library/${plain}` : plain;
  if (!hostShape.test(registry)) throw bad(`'${registry.slice(0, 300)}' is no host`);
  if (!repositoryShape.test(repository)) throw bad(`'${repository.slice(0, 300)}' is no path of lower-case names`);
  return {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    ...(tag === undefined && digest === undefined && { tag: 'latest' }),
  };
}

/** `registry/repository`, the part before tag and digest. */
export function repositoryName({ registry, repository }: ImageReference): string {
  return `${registry}/${repository}`;
}

/** The full name, as it is stored. */
export function referenceText(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${repositoryName(reference)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
