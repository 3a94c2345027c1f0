import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { isRecord, messageOf, recordOf } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';
import { isIdentifier } from '../request/environment.js';
import type { CniJson } from '../result/encode.js';
import type { NetworkConfig, ValidAttachment } from './network-config.js';

export type ConfigClass<C extends NetworkConfig> = new () => C;

/** Reads what stands on stdin. @throws CniError 6 where it is no JSON object. */
export function parseJson(text: string): CniJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const problem = messageOf(cause);
    throw new CniError(cniErrorCode.decodingFailure, 'the network configuration is no JSON', problem, { cause });
  }
  if (isRecord(value)) return value;
  throw new CniError(cniErrorCode.decodingFailure, 'the network configuration must be a JSON object');
}

/** Makes an instance of the plugin's class and checks it. @throws CniError 7 that names each wrong field and its rule. */
export function parseConfig<C extends NetworkConfig>(type: ConfigClass<C>, json: CniJson): C {
  const name = json['name'];
  if (typeof name !== 'string' || name === '') throw CniError.invalidConfig('name', 'must be set');
  if (!isIdentifier(name)) {
    throw CniError.invalidConfig(
      'name',
      `'${name}' must start with a letter or digit and have only those, '_', '.' and '-'`,
    );
  }
  const config = instanceOf(type, normalized(json));
  const problems = validateSync(config, { forbidUnknownValues: false }).flatMap((error) => describe(error, ''));
  if (problems.length === 0) return config;
  throw new CniError(cniErrorCode.invalidConfig, `the network configuration is invalid: ${problems.join('; ')}`);
}

/** Capabilities whose keys are known. Others may be maps, whose keys are somebody's data. */
const knownCapabilities = ['portMappings', 'ipRanges', 'bandwidth', 'dns'];

/**
 * What runtimes write for Go's decoders: null is as good as absent, and containerd begins the keys inside of capabilities
 * with capitals, which those decoders take for the same.
 */
function normalized(json: CniJson): CniJson {
  const given = withoutNulls(json);
  const capabilities = given['runtimeConfig'];
  if (!isRecord(capabilities)) return given;
  const entries = Object.entries(withoutNulls(capabilities)).map(([name, value]): [string, unknown] => [
    name,
    knownCapabilities.includes(name) ? withoutCapitals(value) : value,
  ]);
  return { ...given, runtimeConfig: Object.fromEntries(entries) };
}

function withoutNulls(json: CniJson): CniJson {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function withoutCapitals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCapitals);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [`${key.charAt(0).toLowerCase()}${key.slice(1)}`, one]),
  );
}

/** Keys such as `__proto__` and `constructor` can hide what the conversion needs of an object: such input is no configuration. */
function instanceOf<C extends NetworkConfig>(type: ConfigClass<C>, json: CniJson): C {
  try {
    return plainToInstance(type, json, { exposeDefaultValues: true });
  } catch (cause) {
    const problem = messageOf(cause);
    throw new CniError(cniErrorCode.decodingFailure, 'the network configuration cannot be read', problem, { cause });
  }
}

const listKeys = ['cni.dev/valid-attachments', 'cni.dev/attachments'] as const;

/**
 * The attachments that GC must keep. A runtime of Go's writes null for a list of none. Without either key, as `cnitool gc` calls,
 * everything would count as gone: who forgot the list must not lose its containers' network.
 *
 * @throws CniError 7 where the list is missing or wrong.
 */
export function parseValidAttachments(json: CniJson): ValidAttachment[] {
  const [valid, early] = listKeys;
  const list = json[valid] ?? json[early] ?? (listKeys.some((key) => Object.hasOwn(json, key)) ? [] : undefined);
  if (!Array.isArray(list))
    throw CniError.invalidConfig(valid, 'must be a list of what still exists, or null for none');
  return list.map((one: unknown, index) => {
    const { containerID, ifname } = recordOf(one);
    if (typeof containerID !== 'string' || typeof ifname !== 'string') {
      throw CniError.invalidConfig(`cni.dev/valid-attachments[${index}]`, 'must have containerID and ifname');
    }
    return { containerID, ifname };
  });
}

function describe(error: ValidationError, parent: string): string[] {
  const path = /^\d+$/.test(error.property)
    ? `${parent}[${error.property}]`
    : parent === ''
      ? error.property
      : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((rule) => `${path}: ${rule}`);
  return [...own, ...(error.children ?? []).flatMap((child) => describe(child, path))];
}
