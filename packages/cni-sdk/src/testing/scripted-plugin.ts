import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { recordOf } from '@kubewright/core';
import { NetworkConfig } from '../config/network-config.js';
import { CniError } from '../errors.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import { CniPlugin } from '../plugin/cni-plugin.js';
import type { AttachmentRequest, GcRequest } from '../plugin/cni-plugin.js';
import { requireIpamType } from '../plugin/delegate.js';
import { handleRequest } from '../plugin/handle-request.js';
import type { CniJson } from '../result/encode.js';
import type { CniResult } from '../result/result.js';

export class Vlan {
  @IsInt()
  @Min(1)
  @Max(4094)
  id!: number;
}

export class BridgeConfig extends NetworkConfig {
  @IsOptional()
  @IsInt()
  mtu = 1500;

  @ValidateNested({ each: true })
  @Type(() => Vlan)
  vlans: Vlan[] = [];
}

/** Keeps what it was asked, and does as it is told. */
export class ScriptedPlugin extends CniPlugin<BridgeConfig> {
  override readonly type = 'small';
  override readonly config = BridgeConfig;
  seen: AttachmentRequest<BridgeConfig> | undefined;
  failure: unknown;
  held: Promise<void> | undefined;

  override async add(request: AttachmentRequest<BridgeConfig>): Promise<CniResult> {
    this.seen = request;
    if (this.held !== undefined) request.holdAnswer(this.held);
    if (this.failure !== undefined) throw this.failure;
    return request.config.ipam === undefined ? {} : request.delegate(requireIpamType(request.config.ipam)).add();
  }

  override async del(request: AttachmentRequest<BridgeConfig>): Promise<void> {
    this.seen = request;
    if (request.config.ipam !== undefined) await request.delegate(requireIpamType(request.config.ipam)).del();
  }
}

/** The same with every verb. */
export class FullPlugin extends ScriptedPlugin {
  collected: GcRequest<BridgeConfig> | undefined;
  override async check(): Promise<void> {}
  override async gc(request: GcRequest<BridgeConfig>): Promise<void> {
    this.collected = request;
  }
  override async status(): Promise<void> {
    throw CniError.notAvailable('the bridge is gone', true);
  }
}

export const nobody: PluginExecutor = { execute: () => Promise.reject(new Error('no other plugins here')) };
export const variables = { CNI_CONTAINERID: 'c1', CNI_NETNS: '/nowhere', CNI_IFNAME: 'eth0', CNI_PATH: '/bin' };

/** Hands a request to a plugin, as a runtime makes it. */
export function request(
  plugin: CniPlugin,
  verb: string,
  config: CniJson,
  executor: PluginExecutor = nobody,
): Promise<PluginOutput> {
  const stdin = JSON.stringify({ name: 'net', type: 'small', ...config });
  return handleRequest(plugin, { environment: { ...variables, CNI_COMMAND: verb }, stdin, executor });
}

/** The error that a plugin answers with. */
export async function errorOf(output: Promise<PluginOutput>): Promise<CniJson> {
  const { exitCode, stdout } = await output;
  if (exitCode !== 1) throw new Error(`it ended with ${exitCode}: ${stdout}`);
  return recordOf(JSON.parse(stdout));
}
