/**
 * Write a CNI plugin as one class; run chains of CNI plugins.
 *
 * @packageDocumentation
 */

// Writing a plugin
export { CniPlugin, servedVerbs, servedVersions } from './plugin/cni-plugin.js';
export type { AttachmentRequest, CheckRequest, CniRequest, GcRequest } from './plugin/cni-plugin.js';
export { Delegate, requireIpamType } from './plugin/delegate.js';
export type { EarlyResult } from './plugin/delegate.js';
export { NetworkConfig } from './config/network-config.js';
export type { IpamConfig, PortMapping, RuntimeConfig, ValidAttachment } from './config/network-config.js';
export type { ConfigClass } from './config/parse-config.js';
export { CniError, cniErrorCode } from './errors.js';
export type { CniErrorBody } from './errors.js';
export type { CniAddress, CniDns, CniInterface, CniResult, CniRoute } from './result/result.js';

// Serving and installing it
export { cniMain } from './plugin/cni-main.js';
export type { PluginProcess } from './plugin/cni-main.js';
export { CniDaemon } from './daemon/cni-daemon.js';
export type { CniDaemonOptions } from './daemon/cni-daemon.js';
export { daemonAnswers } from './daemon/daemon-answers.js';
export { installNetwork, installPlugins, uninstall } from './install/install.js';
export type { InstallNetworkOptions, InstallOptions } from './install/install.js';
export { buildShim, isShimArchitecture } from './shim/shim.js';
export type { ShimOptions } from './shim/shim.js';
export type { ShimArchitecture } from './shim/elf.js';

// Running networks
export { CniRunner } from './runner/cni-runner.js';
export type { Attachment, CniRunnerOptions, ValidAttachments } from './runner/cni-runner.js';
export { loadNetwork, loadNetworks, parseNetworkList } from './runner/network-list.js';
export type { NetworkList } from './runner/network-list.js';
export type { CachedAttachment } from './runner/result-cache.js';
export { InProcessExecutor } from './plugin/in-process-executor.js';
export { findPlugin, ProcessExecutor } from './execute/process-executor.js';
export type { ProcessExecutorOptions } from './execute/process-executor.js';
export type { PluginCall, PluginExecutor, PluginOutput } from './execute/executor.js';

// The wire, for tools
export { handleRequest } from './plugin/handle-request.js';
export type { RawRequest } from './plugin/handle-request.js';
export { decodeResult } from './result/decode.js';
export { encodeResult } from './result/encode.js';
export type { CniJson } from './result/encode.js';
export { cniVersions, compareVersions, newestVersion } from './version/version.js';
export type { CniVersion } from './version/version.js';
export type { CniVerb, Environment } from './request/environment.js';
export { cniSdkErrors } from './errors.js';
