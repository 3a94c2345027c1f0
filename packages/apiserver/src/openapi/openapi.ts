/** The OpenAPI documents of what is served, each built when first asked for, in steps between which other work runs. */
import { createHash } from 'node:crypto';
import type { Schema } from '@kubewright/api';
import { nextTurn } from '@kubewright/core/async';
import type { DiscoveredResource } from '../discovery/index.js';
import { compareGroups, compareVersions } from '../discovery/versions.js';
import { Components } from './components.js';
import { documentStart, encodePiece, sections } from './gnostic.js';
import { groupVersionPath } from './paths.js';
import { documentV3 } from './version-3.js';
import { piecesV2 } from './version-2.js';
import type { PieceV2 } from './version-2.js';

/** A document as it is sent. */
export interface OpenApiDocument {
  readonly body: Buffer;
  /** Quoted, as the header holds it. */
  readonly etag: string;
}

/** How many pieces are made before other work gets its turn: about a millisecond's worth. */
const piecesPerStep = 16;

interface GroupVersion {
  readonly resources: readonly DiscoveredResource[];
  readonly hash: string;
}

/** Made anew whenever what is served changes. */
export class OpenApi {
  readonly #resources: readonly DiscoveredResource[];
  readonly #version: string;
  readonly #groupVersions = new Map<string, GroupVersion>();
  readonly #documents = new Map<string, Promise<OpenApiDocument>>();
  readonly #schemaHashes: WeakMap<Schema, string>;
  #components: Components | undefined;

  /**
   * @param version - the release that the server speaks for, as `v1.36.0`.
   * @param previous - what was served before: documents and hashes of what has not changed are taken over.
   */
  constructor(resources: Iterable<DiscoveredResource>, version: string, previous?: OpenApi) {
    this.#schemaHashes = previous ? previous.#schemaHashes : new WeakMap<Schema, string>();
    this.#version = version;
    this.#resources = [...resources].toSorted(
      (left, right) =>
        compareGroups(left.group, right.group) ||
        compareVersions(left.version, right.version) ||
        (left.plural < right.plural ? -1 : 1),
    );
    const lists = new Map<string, DiscoveredResource[]>();
    for (const resource of this.#resources) {
      const path = groupVersionPath(resource);
      lists.set(path, [...(lists.get(path) ?? []), resource]);
    }
    for (const [path, list] of lists) {
      const hash = hashOf(JSON.stringify([version, list.map((resource) => this.#summary(resource))]));
      this.#groupVersions.set(path, { resources: list, hash });
      const known = previous?.hashV3(path) === hash ? previous.#documents.get(path) : undefined;
      if (known) this.#documents.set(path, known);
    }
  }

  /** `/openapi/v3`: where each document is, with the hash that makes its address immutable. */
  indexV3(): OpenApiDocument {
    const paths = [...this.#groupVersions].map(
      ([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const,
    );
    const body = Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }));
    return { body, etag: `"${hashOf(body)}"` };
  }

  /** The hash of the document under `/openapi/v3/PATH`, or undefined where there is none. */
  hashV3(path: string): string | undefined {
    return this.#groupVersions.get(path)?.hash;
  }

  /** The document under `/openapi/v3/PATH`, as `apis/apps/v1`; undefined where there is none. */
  documentV3(path: string): Promise<OpenApiDocument> | undefined {
    const found = this.#groupVersions.get(path);
    if (!found) return undefined;
    return this.#once(path, async () => {
      const parts: Buffer[] = [];
      await inSteps(documentV3(found.resources, this.#allComponents(), this.#version), (part) =>
        parts.push(Buffer.from(part)),
      );
      return { body: Buffer.concat(parts), etag: `"${found.hash}"` };
    });
  }

  /** `/openapi/v2` as JSON. */
  jsonV2(): Promise<OpenApiDocument> {
    return this.#once('v2 json', async () => {
      const info = { title: 'Kubernetes', version: this.#version };
      const parts = [Buffer.from(`{"swagger":"2.0","info":${JSON.stringify(info)},"paths":{`)];
      let section: PieceV2['type'] = 'path';
      let separator = '';
      await inSteps(this.#pieces(), ({ type, name, value }) => {
        if (type !== section) [section, separator] = [type, '},"definitions":{'];
        parts.push(Buffer.from(`${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`));
        separator = ',';
      });
      parts.push(Buffer.from(section === 'path' ? '},"definitions":{}}' : '}}'));
      return withEtag(Buffer.concat(parts));
    });
  }

  /** `/openapi/v2` as protobuf, `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
  protobufV2(): Promise<OpenApiDocument> {
    return this.#once('v2 protobuf', async () => {
      const [paths, definitions]: [Buffer[], Buffer[]] = [[], []];
      await inSteps(this.#pieces(), (piece) => (piece.type === 'path' ? paths : definitions).push(encodePiece(piece)));
      return withEtag(Buffer.concat([documentStart(this.#version), ...sections(paths, definitions)]));
    });
  }

  /** What the hash of a document depends on. A schema's own hash is made once, since schemas may be large and change rarely. */
  #summary({ schema, ...resource }: DiscoveredResource): object {
    if (!schema) return resource;
    const hash = this.#schemaHashes.get(schema) ?? hashOf(JSON.stringify(schema));
    this.#schemaHashes.set(schema, hash);
    return { ...resource, schema: hash };
  }

  #pieces(): Generator<PieceV2> {
    return piecesV2(this.#resources, this.#allComponents());
  }

  #allComponents(): Components {
    this.#components ??= new Components(this.#resources);
    return this.#components;
  }

  /** Builds a document once, also when several ask while it is being built; a build that fails is tried again. */
  #once(key: string, build: () => Promise<OpenApiDocument>): Promise<OpenApiDocument> {
    const known = this.#documents.get(key);
    if (known) return known;
    const made = build();
    this.#documents.set(key, made);
    made.catch(() => this.#documents.delete(key));
    return made;
  }
}

async function inSteps<T>(pieces: Iterable<T>, take: (piece: T) => unknown): Promise<void> {
  let count = 0;
  await nextTurn();
  for (const piece of pieces) {
    take(piece);
    if (++count % piecesPerStep === 0) await nextTurn();
  }
}

function hashOf(data: string | Buffer): string {
  return createHash('sha512').update(data).digest('hex').toUpperCase();
}

function withEtag(body: Buffer): OpenApiDocument {
  return { body, etag: `"${hashOf(body)}"` };
}
