import type { CniJson, PluginOutput } from '@kubewright/cni-sdk';
import { isRecord } from '@kubewright/core';
import type { Defect, Wire, WireRequest } from './defect.js';

const identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const interfaceName = /^(?!\.{1,2}$)[^/:\s]{1,15}$/;
const smallBuffer = 65_536;

/** Defects of requests on their way in. */
const incoming: readonly Defect[] = [
  { name: 'any-case-of-command', caughtBy: ['env.unknown-command'], wire: variables('CNI_COMMAND', upperCase) },
  {
    name: 'beginning-of-command',
    caughtBy: ['env.unknown-command'],
    wire: variables('CNI_COMMAND', (verb) => (verb.startsWith('VERS') ? 'VERSION' : verb)),
  },
  { name: 'any-container-id', caughtBy: ['env.container-id-invalid'], wire: unless('CNI_CONTAINERID', identifier) },
  { name: 'any-interface-name', caughtBy: ['env.ifname-invalid'], wire: unless('CNI_IFNAME', interfaceName) },
  { name: 'add-without-namespace', caughtBy: ['env.add-without-netns'], wire: given('ADD', 'CNI_NETNS') },
  { name: 'add-without-id', caughtBy: ['env.add-without-containerid'], wire: given('ADD', 'CNI_CONTAINERID') },
  { name: 'del-without-name', caughtBy: ['env.del-without-ifname'], wire: given('DEL', 'CNI_IFNAME') },
  { name: 'check-without-namespace', caughtBy: ['env.check-without-netns'], wire: given('CHECK', 'CNI_NETNS') },
  { name: 'del-without-id', caughtBy: ['env.del-without-containerid'], wire: given('DEL', 'CNI_CONTAINERID') },
  { name: 'check-without-id', caughtBy: ['env.check-without-containerid'], wire: given('CHECK', 'CNI_CONTAINERID') },
  { name: 'check-without-name', caughtBy: ['env.check-without-ifname'], wire: given('CHECK', 'CNI_IFNAME') },
  { name: 'gc-without-path', caughtBy: ['env.gc-without-path'], wire: given('GC', 'CNI_PATH') },
  {
    name: 'short-interface-names',
    caughtBy: ['env.ifname-long'],
    wire: variables('CNI_IFNAME', (name) => name.slice(0, 14)),
  },
  {
    name: 'needs-arguments',
    caughtBy: ['args.empty'],
    wire: (request, serve) =>
      serve((request.environment['CNI_ARGS'] ?? '') === '' ? { ...request, stdin: '{}' } : request),
  },
  {
    name: 'any-type-of-version',
    caughtBy: ['config.version-not-text'],
    wire: config((json) => (typeof json['cniVersion'] === 'number' ? { ...json, cniVersion: '1.1.0' } : json)),
  },
  {
    name: 'check-without-result',
    caughtBy: ['check.without-result'],
    wire: config((json) => ({ prevResult: {}, ...json })),
  },
  {
    name: 'any-version',
    caughtBy: ['config.version-unsupported'],
    wire: config((json) => (json['cniVersion'] === '9.9.9' ? { ...json, cniVersion: '1.1.0' } : json)),
  },
  {
    name: 'any-network-name',
    caughtBy: ['config.name-invalid'],
    wire: config((json) => (identifier.test(String(json['name'])) ? json : { ...json, name: 'net' })),
  },
  {
    name: 'no-network-name',
    caughtBy: ['config.name-missing'],
    wire: config((json) => ({
      ...json,
      name: json['name'] === undefined || json['name'] === '' ? 'net' : json['name'],
    })),
  },
  {
    name: 'small-buffer',
    caughtBy: ['config.large'],
    wire: (request, serve) => serve({ ...request, stdin: request.stdin.slice(0, smallBuffer) }),
  },
  {
    name: 'unknown-key',
    caughtBy: ['config.unknown-key'],
    wire: config((json) => ('sanityUnknownKey' in json ? { ...json, name: '' } : json)),
  },
  {
    name: 'unknown-args',
    caughtBy: ['config.unknown-args'],
    wire: config((json) => (hasOtherArgs(json) ? { ...json, cniVersion: 'refused' } : json)),
  },
  {
    name: 'hides-args-from-ipam',
    caughtBy: ['ipam.add'],
    wire: config(without('args')),
  },
  { name: 'check-in-any-version', caughtBy: ['check.old-version'], wire: newer('CHECK') },
  { name: 'status-in-any-version', caughtBy: ['status.old-version'], wire: newer('STATUS') },
  { name: 'gc-in-any-version', caughtBy: ['gc.old-version'], wire: newer('GC') },
  {
    name: 'gc-without-list',
    caughtBy: ['gc.without-list'],
    wire: config((json) => ({ 'cni.dev/valid-attachments': [], ...json })),
  },
];

/** Defects of answers on their way out. */
const outgoing: readonly Defect[] = [
  { name: 'errors-exit-zero', caughtBy: ['error.exit-code'], wire: errors((body) => body, 0) },
  { name: 'errors-as-text', caughtBy: ['error.json'], wire: errors(({ msg }) => `error: ${String(msg)}`) },
  { name: 'errors-without-code', caughtBy: ['error.json'], wire: errors(without('code')) },
  { name: 'errors-without-version', caughtBy: ['error.version'], wire: errors(without('cniVersion')) },
  ...[1, 4].map((code) => ({
    name: `oldest-version-of-error-${code}`,
    caughtBy: ['error.version'],
    wire: errors((body) => (body['code'] === code ? { ...body, cniVersion: '0.1.0' } : body)),
  })),
  {
    name: 'moves-addresses',
    kind: 'chained',
    caughtBy: ['chain.indexes'],
    wire: results((json) => mapAddresses(json, (one) => ({ ...one, interface: 0 }))),
  },
  {
    name: 'decoding-as-internal',
    caughtBy: ['config.not-json', 'config.not-an-object'],
    wire: errors((body) => ({ ...body, code: body['code'] === 6 ? 999 : body['code'] })),
  },
  {
    name: 'variable-not-named',
    caughtBy: ['env.add-without-ifname'],
    wire: errors((body) => (body['code'] === 4 ? { ...body, msg: 'bad environment', details: '' } : body)),
  },
  {
    name: 'one-version-of-result',
    caughtBy: ['add.result-1.0.0'],
    wire: results((json) => ({ ...json, cniVersion: '1.1.0' })),
  },
  {
    name: 'no-family-of-address',
    caughtBy: ['add.result-0.4.0', 'add.result-0.3.1', 'add.result-0.3.0'],
    wire: results((json) => mapAddresses(json, without('version'))),
  },
  {
    name: 'address-without-length',
    caughtBy: ['add.result-1.1.0'],
    wire: results((json) => mapAddresses(json, (one) => ({ ...one, address: String(one['address']).split('/')[0] }))),
  },
  {
    name: 'new-result-for-old-version',
    caughtBy: ['add.result-0.2.0', 'add.result-0.1.0'],
    wire: results((json) => ('ip4' in json ? { cniVersion: json['cniVersion'], ips: [] } : json)),
  },
  {
    name: 'dns-as-list',
    caughtBy: ['add.result-0.3.1'],
    wire: results((json) => ({ ...json, dns: { nameservers: [53] } })),
  },
  { name: 'check-always-fails', caughtBy: ['check.passes', 'check.tolerates-additions'], wire: failingCheck },
  { name: 'ignores-missing-namespace', caughtBy: ['add.no-namespace'], wire: withoutNamespace },
  { name: 'says-ok', caughtBy: ['output.silent'], wire: async (request, serve) => chatty(await serve(request)) },
];

export const wireDefects: readonly Defect[] = [...incoming, ...outgoing];

async function failingCheck(...[request, serve]: Parameters<Wire>): Promise<PluginOutput> {
  const output = await serve(request);
  const body = { cniVersion: '1.1.0', code: 100, msg: 'something is wrong' };
  const check = request.environment['CNI_COMMAND'] === 'CHECK' && output.exitCode === 0;
  return check ? { ...output, exitCode: 1, stdout: JSON.stringify(body) } : output;
}

async function withoutNamespace(...[request, serve]: Parameters<Wire>): Promise<PluginOutput> {
  const output = await serve(request);
  const gone = String(parse(output.stdout)?.['msg']).includes('there is no network namespace');
  return gone ? { ...output, exitCode: 0, stdout: JSON.stringify({ cniVersion: '1.1.0' }) } : output;
}

function without(key: string): (json: CniJson) => CniJson {
  return (json) => Object.fromEntries(Object.entries(json).filter(([name]) => name !== key));
}

function upperCase(value: string): string {
  return value.toUpperCase().trim();
}

function variables(name: string, change: (value: string) => string): Wire {
  return (request, serve) => {
    const value = request.environment[name];
    return serve(value === undefined ? request : withVariable(request, name, change(value)));
  };
}

/** Takes a harmless value for one that breaks the rule. */
function unless(name: string, rule: RegExp): Wire {
  return variables(name, (value) => (rule.test(value) || value === '' ? value : 'harmless'));
}

/** Takes a value for granted. */
function given(verb: string, name: string): Wire {
  return (request, serve) => {
    const { environment } = request;
    const missing = environment['CNI_COMMAND'] === verb && (environment[name] ?? '') === '';
    return serve(missing ? withVariable(request, name, name === 'CNI_PATH' ? '/nowhere' : 'harmless') : request);
  };
}

function withVariable(request: WireRequest, name: string, value: string): WireRequest {
  return { ...request, environment: { ...request.environment, [name]: value } };
}

function config(change: (json: CniJson) => CniJson): Wire {
  return (request, serve) => {
    const json = parse(request.stdin);
    return serve(json === undefined ? request : { ...request, stdin: JSON.stringify(change(json)) });
  };
}

/** Takes any configuration for one of the newest version. */
function newer(verb: string): Wire {
  const upgrade = config((json) => ({ ...json, cniVersion: '1.1.0' }));
  return (request, serve) => (request.environment['CNI_COMMAND'] === verb ? upgrade(request, serve) : serve(request));
}

function errors(change: (body: CniJson) => CniJson | string, exitCode?: number): Wire {
  return async (request, serve) => {
    const output = await serve(request);
    if (output.exitCode === 0) return output;
    const changed = change(parse(output.stdout) ?? {});
    const stdout = typeof changed === 'string' ? changed : JSON.stringify(changed);
    return { ...output, exitCode: exitCode ?? output.exitCode, stdout };
  };
}

function results(change: (json: CniJson) => CniJson): Wire {
  return async (request, serve) => {
    const output = await serve(request);
    const json =
      request.environment['CNI_COMMAND'] === 'ADD' && output.exitCode === 0 ? parse(output.stdout) : undefined;
    return json === undefined ? output : { ...output, stdout: JSON.stringify(change(json)) };
  };
}

function chatty(output: PluginOutput): PluginOutput {
  return output.exitCode === 0 && output.stdout === '' ? { ...output, stdout: 'ok\n' } : output;
}

function mapAddresses(json: CniJson, change: (one: CniJson) => CniJson): CniJson {
  const ips = json['ips'];
  return Array.isArray(ips) ? { ...json, ips: ips.map((one: CniJson) => change(one)) } : json;
}

function hasOtherArgs({ args }: CniJson): boolean {
  return typeof args === 'object' && args !== null && Object.keys(args).some((key) => key !== 'cni');
}

function parse(text: string): CniJson | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
