/**
 * Where a plugin is served: a unix socket, or a TCP port of this machine for those who ask for one. Neighbours: `server`
 * and `client`. A port that other machines reach is not offered: plugin interfaces carry no authentication.
 */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { grpcErrors } from '../errors/grpc-errors.js';

export type PluginAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * Reads `unix:///path`, `unix:/path`, an absolute path, or `tcp://127.0.0.1:PORT` (`tcp://[::1]:PORT`).
 *
 * @throws ADDRESS_INVALID for anything else, a TCP address that is not loopback included.
 */
export function parsePluginAddress(address: string): PluginAddress {
  if (address.startsWith('tcp:')) return parseTcp(address);
  const path = address.startsWith('unix://') ? address.slice(7) : address.replace(/^unix:/, '');
  if (path.includes('\0')) throw grpcErrors.ADDRESS_INVALID({ address, reason: 'it contains a NUL byte' });
  if (!isAbsolute(path) || path.endsWith('/')) {
    throw grpcErrors.ADDRESS_INVALID({ address, reason: 'it names no absolute path of a socket' });
  }
  return { kind: 'unix', path };
}

/** The address as grpc-js names its targets. */
export function grpcTarget(address: PluginAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** The address as users write it. */
export function showAddress(address: PluginAddress): string {
  return address.kind === 'unix' ? `unix://${address.path}` : `tcp://${grpcTarget(address)}`;
}

function parseTcp(address: string): PluginAddress {
  const found = /^tcp:\/\/(?:\[([\da-f:]+)\]|([\d.]+)):(\d{1,5})$/i.exec(address);
  const host = found?.[1] ?? found?.[2] ?? '';
  const port = Number(found?.[3]);
  if (isIP(host) === 0 || port > 65_535) {
    throw grpcErrors.ADDRESS_INVALID({ address, reason: 'it is not of the form tcp://IP:PORT' });
  }
  if (host !== '::1' && !host.startsWith('127.')) {
    throw grpcErrors.ADDRESS_INVALID({ address, reason: 'only loopback addresses are served over TCP' });
  }
  return { kind: 'tcp', host, port };
}
