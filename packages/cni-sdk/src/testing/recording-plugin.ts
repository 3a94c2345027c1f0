import { NetworkConfig } from '../config/network-config.js';
import { CniError, cniErrorCode } from '../errors.js';
import { CniPlugin } from '../plugin/cni-plugin.js';
import type { AttachmentRequest, CheckRequest, CniRequest, GcRequest } from '../plugin/cni-plugin.js';
import type { CniResult } from '../result/result.js';

/**
 * A plugin that keeps its interfaces in memory and writes down what it was asked. For tests of runners, daemons and chains; set
 * `fail` to make a verb fail.
 */
export class RecordingPlugin extends CniPlugin {
  override readonly config = NetworkConfig;
  /** `VERB containerId ifName`, in their order. */
  readonly calls: string[] = [];
  /** What is connected, as `network/containerId/ifName`. */
  readonly attached = new Set<string>();
  /** The error of a verb, as `DEL`. */
  readonly fail = new Map<string, Error>();

  /** @param type - Default: `recording`. @param log - where to write the calls, beside `calls`; shared by a chain's plugins. */
  constructor(
    override readonly type = 'recording',
    private readonly log: string[] = [],
  ) {
    super();
  }

  override async add(request: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    this.#record('ADD', request);
    const key = keyOf(request);
    if (this.attached.has(key)) throw new CniError(cniErrorCode.internal, `interface '${request.ifName}' exists`);
    this.attached.add(key);
    const before = request.prevResult ?? {};
    const interfaces = before.interfaces ?? [];
    return {
      ...before,
      interfaces: [
        ...interfaces,
        { name: request.ifName, mac: '0a:58:0a:01:00:02', mtu: 1450, sandbox: request.netns },
      ],
      ips: [...(before.ips ?? []), { address: '10.1.0.2/24', gateway: '10.1.0.1', interface: interfaces.length }],
      routes: before.routes ?? [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }],
    };
  }

  override async del(request: AttachmentRequest<NetworkConfig>): Promise<void> {
    this.#record('DEL', request);
    this.attached.delete(keyOf(request));
  }

  override async check(request: CheckRequest<NetworkConfig>): Promise<void> {
    this.#record('CHECK', request);
    if (!this.attached.has(keyOf(request)))
      throw new CniError(cniErrorCode.unknownContainer, 'the container is not connected');
  }

  override async gc(request: GcRequest<NetworkConfig>): Promise<void> {
    this.#record('GC');
    const valid = new Set(
      request.validAttachments.map((one) => `${request.config.name}/${one.containerID}/${one.ifname}`),
    );
    for (const key of this.attached) {
      if (key.startsWith(`${request.config.name}/`) && !valid.has(key)) this.attached.delete(key);
    }
  }

  override async status(_request: CniRequest<NetworkConfig>): Promise<void> {
    this.#record('STATUS');
  }

  #record(verb: string, request?: AttachmentRequest<NetworkConfig>): void {
    const call = request === undefined ? verb : `${verb} ${request.containerId} ${request.ifName}`;
    this.calls.push(call);
    this.log.push(`${this.type} ${call}`);
    const error = this.fail.get(verb);
    if (error !== undefined) throw error;
  }
}

function keyOf({ config, containerId, ifName }: AttachmentRequest<NetworkConfig>): string {
  return `${config.name}/${containerId}/${ifName}`;
}
