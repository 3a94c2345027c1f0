/**
 * Configuration of one plugin as a class. Constraints of class-validator say what is allowed; defaults are field initialisers;
 * nested classes need `@Type` of class-transformer and `@ValidateNested`. Keys without a field pass through.
 */
import type { CniJson } from '../result/encode.js';
import type { NetworkConfig } from './network-config.js';
import { parseConfig } from './parse-config.js';
import type { ConfigClass } from './parse-config.js';

/** Configurations of one class that are remembered: a machine has few networks. */
const remembered = 32;
/** Characters; longer ones are read each time. */
const longest = 16_384;

/** What belongs to one request and stands beside the configuration. */
const ofOneRequest = ['prevResult', 'cni.dev/valid-attachments', 'cni.dev/attachments'];

/**
 * Reads configurations, and remembers them by what they say: a runtime sends the same one for every container of a network, and to
 * check it takes longer than to connect some. What it returns is frozen, since requests share it.
 */
export class ConfigReader<C extends NetworkConfig> {
  readonly #type: ConfigClass<C>;
  /** The one that was asked for last is the last. */
  readonly #known = new Map<string, C>();

  constructor(type: ConfigClass<C>) {
    this.#type = type;
  }

  /** @throws CniError as `parseConfig` does. */
  read(json: CniJson): C {
    const own: CniJson = Object.fromEntries(Object.entries(json).filter(([key]) => !ofOneRequest.includes(key)));
    const text = textOf(own);
    const config = this.#known.get(text) ?? freeze(parseConfig(this.#type, own));
    if (text.length > longest) return config;
    this.#known.delete(text);
    this.#known.set(text, config);
    const [oldest = ''] = this.#known.keys();
    if (this.#known.size > remembered) this.#known.delete(oldest);
    return config;
  }
}

/** What is nested too deeply to be written has no text; to read it fails, too. */
function textOf(json: CniJson): string {
  try {
    return JSON.stringify(json);
  } catch {
    return '';
  }
}

/** Freezes what was read, not what a class made of it: its own objects may need to change. */
function freeze<T extends object>(value: T): T {
  const children: readonly unknown[] = Object.values(value);
  for (const one of children) if (isPlain(one) && !Object.isFrozen(one)) freeze(one);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
