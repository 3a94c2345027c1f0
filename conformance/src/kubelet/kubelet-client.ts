/** The kubelet's own API, as far as the cases call it. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Pod, PodList } from '@kubewright/api/core/v1';
import { SpdyClient } from '@kubewright/cri-sdk/testing';
import { nodeName } from './kubelet-process.js';

const port = 10250;

export class KubeletClient {
  readonly #certificate: string;

  /** @param certificate - the file with the kubelet's certificate; it is there once the kubelet listens. */
  constructor(certificate: string) {
    this.#certificate = certificate;
  }

  /** A static pod, which the kubelet names after the node as well; undefined while it does not know it. */
  async pod(name: string): Promise<Pod | undefined> {
    const { items } = JSON.parse(await this.get('/pods')) as PodList;
    return items?.find(({ metadata }) => metadata?.name === `${name}-${nodeName}`);
  }

  /** What a container printed. */
  logs(pod: string, container: string, query = ''): Promise<string> {
    return this.get(`/containerLogs/${podPath(pod)}/${container}?${query}`);
  }

  /** The text that a path answers. @throws an error with the status and the text of a refusal. */
  async get(path: string): Promise<string> {
    const options = await this.#options(path);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(options, resolve).on('error', reject).end();
    const response = await promise;
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`GET ${path} answered ${response.statusCode}: ${body}`);
    return body;
  }

  /** Opens a connection for streams, as kubectl's through the API server does. */
  async stream(path: string, protocol: string): Promise<SpdyClient> {
    const options = await this.#options(path);
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol };
    const { promise, resolve, reject } = Promise.withResolvers<SpdyClient>();
    request({ ...options, method: 'POST', headers })
      .on('error', reject)
      .on('response', (response) => reject(new Error(`POST ${path} answered ${response.statusCode}`)))
      .on('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) =>
        resolve(new SpdyClient(socket, head, String(response.headers['x-stream-protocol-version']))),
      )
      .end();
    return promise;
  }

  async #options(path: string): Promise<RequestOptions> {
    // The certificate is one that the kubelet signed itself, for the name of the node.
    return { host: '127.0.0.1', port, path, ca: await readFile(this.#certificate), servername: nodeName, agent: false };
  }
}

/** How paths of the API name a static pod. */
export function podPath(name: string): string {
  return `default/${name}-${nodeName}`;
}
