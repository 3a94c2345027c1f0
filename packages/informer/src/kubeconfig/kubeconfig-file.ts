import { dirname, isAbsolute, resolve } from 'node:path';
import { isList, isRecord } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';

export interface KubeconfigCluster {
  readonly server: string;
  readonly certificateAuthorityData?: string;
  readonly certificateAuthority?: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
}

export interface KubeconfigExec {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interactiveMode: string;
  readonly provideClusterInfo: boolean;
  readonly installHint?: string;
}

export interface KubeconfigUser {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly clientCertificateData?: string;
  readonly clientCertificate?: string;
  readonly clientKeyData?: string;
  readonly clientKey?: string;
  readonly exec?: KubeconfigExec;
  readonly authProvider?: string;
  readonly impersonate?: string;
}

export interface KubeconfigContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

export interface Kubeconfig {
  readonly currentContext?: string;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads one kubeconfig's text, for which YAML's parser is loaded. Paths in it become absolute: they are relative to the file. Unknown fields are left alone. */
export async function parseKubeconfig(text: string, path: string): Promise<Kubeconfig> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw informerErrors.KUBECONFIG_INVALID({ path, problem: 'it is not YAML' }, { cause });
  }
  const reader = new FieldReader(path);
  const root = reader.record(document ?? {}, 'the document');
  return {
    ...reader.optional('currentContext', reader.text(root, 'current-context')),
    clusters: reader.named(root, 'clusters', 'cluster', (fields) => cluster(reader, fields)),
    users: reader.named(root, 'users', 'user', (fields) => user(reader, fields)),
    contexts: reader.named(root, 'contexts', 'context', (fields) => ({
      cluster: reader.text(fields, 'cluster') ?? '',
      user: reader.text(fields, 'user') ?? '',
      ...reader.optional('namespace', reader.text(fields, 'namespace')),
    })),
  };
}

/** Merges files as kubectl does: the first that names an entry, or a current context, wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merge = <T>(pick: (config: Kubeconfig) => ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(configs.toReversed().flatMap((config) => [...pick(config)]));
  const currentContext = configs.find((config) => config.currentContext)?.currentContext;
  return {
    ...(currentContext !== undefined && { currentContext }),
    clusters: merge((config) => config.clusters),
    users: merge((config) => config.users),
    contexts: merge((config) => config.contexts),
  };
}

function cluster(reader: FieldReader, fields: Fields): KubeconfigCluster {
  return {
    server: reader.text(fields, 'server') ?? '',
    insecureSkipTlsVerify: fields['insecure-skip-tls-verify'] === true,
    ...reader.optional('certificateAuthorityData', reader.text(fields, 'certificate-authority-data')),
    ...reader.optional('certificateAuthority', reader.file(fields, 'certificate-authority')),
    ...reader.optional('tlsServerName', reader.text(fields, 'tls-server-name')),
    ...reader.optional('proxyUrl', reader.text(fields, 'proxy-url')),
  };
}

function user(reader: FieldReader, fields: Fields): KubeconfigUser {
  const exec = fields['exec'];
  const provider = fields['auth-provider'];
  return {
    ...reader.optional('token', reader.text(fields, 'token')),
    ...reader.optional('tokenFile', reader.file(fields, 'tokenFile')),
    ...reader.optional('username', reader.text(fields, 'username')),
    ...reader.optional('password', reader.text(fields, 'password')),
    ...reader.optional('clientCertificateData', reader.text(fields, 'client-certificate-data')),
    ...reader.optional('clientCertificate', reader.file(fields, 'client-certificate')),
    ...reader.optional('clientKeyData', reader.text(fields, 'client-key-data')),
    ...reader.optional('clientKey', reader.file(fields, 'client-key')),
    ...reader.optional('impersonate', reader.text(fields, 'as')),
    ...(exec !== undefined && exec !== null && { exec: execPlugin(reader, reader.record(exec, 'users[].user.exec')) }),
    ...(provider !== undefined &&
      provider !== null && {
        authProvider: reader.text(reader.record(provider, 'users[].user.auth-provider'), 'name') ?? '',
      }),
  };
}

function execPlugin(reader: FieldReader, fields: Fields): KubeconfigExec {
  const env = reader.list(fields, 'env').map((entry) => reader.record(entry, 'exec.env'));
  return {
    apiVersion: reader.text(fields, 'apiVersion') ?? '',
    command: reader.command(fields),
    args: reader.list(fields, 'args').map(String),
    env: Object.fromEntries(env.map((entry) => [reader.text(entry, 'name') ?? '', reader.text(entry, 'value') ?? ''])),
    interactiveMode: reader.text(fields, 'interactiveMode') ?? 'IfAvailable',
    provideClusterInfo: fields['provideClusterInfo'] === true,
    ...reader.optional('installHint', reader.text(fields, 'installHint')),
  };
}

/** Reads fields of a kubeconfig document and says where one has the wrong type. */
class FieldReader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  record(value: unknown, where: string): Fields {
    if (!isRecord(value)) this.#fail(`${where} is not a map`);
    return value;
  }

  list(fields: Fields, name: string): readonly unknown[] {
    const value = fields[name] ?? [];
    if (!isList(value)) this.#fail(`${name} is not a list`);
    return value;
  }

  text(fields: Fields, name: string): string | undefined {
    const value = fields[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') this.#fail(`${name} is not a string`);
    return value === '' ? undefined : value;
  }

  file(fields: Fields, name: string): string | undefined {
    const value = this.text(fields, name);
    return value === undefined ? undefined : resolve(dirname(this.#path), value);
  }

  /** A command without a slash is looked up in PATH, one with a slash is relative to the file. */
  command(fields: Fields): string {
    const value = this.text(fields, 'command');
    if (value === undefined) this.#fail('users[].user.exec.command is missing');
    return value.includes('/') && !isAbsolute(value) ? resolve(dirname(this.#path), value) : value;
  }

  named<T>(root: Fields, list: string, field: string, read: (fields: Fields) => T): ReadonlyMap<string, T> {
    const entries = new Map<string, T>();
    for (const value of this.list(root, list)) {
      const entry = this.record(value, `an entry of ${list}`);
      const name = this.text(entry, 'name');
      if (name === undefined) this.#fail(`an entry of ${list} has no name`);
      if (!entries.has(name)) entries.set(name, read(this.record(entry[field] ?? {}, `${list} '${name}'`)));
    }
    return entries;
  }

  optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
    return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
  }

  #fail(problem: string): never {
    throw informerErrors.KUBECONFIG_INVALID({ path: this.#path, problem });
  }
}
