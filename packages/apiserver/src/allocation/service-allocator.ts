/**
 * Cluster IPs and node ports of Services. What is in use is read from the stored Services at the first write and kept in
 * memory, so one server alone may allocate.
 */
import { fieldError, statusErrors } from '@kubewright/api';
import type { FieldError, JsonObject, MutableJson } from '@kubewright/api';
import { Plugin, Random, inject } from '@kubewright/core';
import type { CachedObject } from '../cache/cached-object.js';
import { isJsonObject, metaString, specOf } from '../object/object-bytes.js';
import type { ServedResource } from '../registry/served-resource.js';
import { ObjectReader } from '../store/object-reader.js';
import type { Reservation } from '../store/write-hooks.js';
import { WriteHooks, noHooks } from '../store/write-hooks.js';
import type { WriteRequest } from '../store/write-request.js';
import { NumberPool } from './number-pool.js';

/** 10.96.0.0/16: kubeadm's default is a /12 from the same start. */
const firstAddress = [10, 96] as const;
const addresses = 65_536;
const firstPort = 30_000;
const ports = 2_768;

/** The address of the `kubernetes` Service. */
export const kubernetesServiceAddress = '10.96.0.1';

interface Holding {
  readonly pool: NumberPool;
  readonly number: number;
}

@Plugin({ name: 'service-allocator', provides: [WriteHooks] })
export class ServiceAllocator implements WriteHooks {
  readonly #objects: ObjectReader;
  readonly #addresses: NumberPool;
  readonly #ports: Readonly<Record<string, NumberPool>>;
  #loaded = false;

  constructor(@inject(ObjectReader) objects: ObjectReader, @inject(Random) random: Random) {
    this.#objects = objects;
    this.#addresses = new NumberPool(addresses, random);
    // The network's own and its last address are nobody's.
    this.#addresses.take(0);
    this.#addresses.take(addresses - 1);
    this.#ports = {
      TCP: new NumberPool(ports, random),
      UDP: new NumberPool(ports, random),
      SCTP: new NumberPool(ports, random),
    };
  }

  reserve(request: WriteRequest, object: JsonObject, old: JsonObject | undefined): Promise<Reservation> {
    if (!isService(request.resource) || request.subresource !== '') return noHooks.reserve(request, object, old);
    this.#load();
    const before = old === undefined ? [] : this.#holdings(old);
    const taken: Holding[] = [];
    const found: FieldError[] = [];
    this.#allocateAddress(object, before, taken, found);
    this.#allocatePorts(object, before, taken, found);
    const giveBack = (holdings: readonly Holding[]): void => {
      for (const { pool, number } of holdings) pool.release(number);
    };
    if (found.length > 0) {
      giveBack(taken);
      return Promise.reject(
        statusErrors.invalid({ group: '', kind: 'Service' }, metaString(object, 'name') ?? '', found),
      );
    }
    let kept = request.dryRun ? undefined : false;
    return Promise.resolve({
      keep: () => {
        if (kept === undefined) return;
        kept = true;
        const after = this.#holdings(object);
        giveBack(before.filter((holding) => !includes(after, holding)));
      },
      [Symbol.dispose]: () => {
        if (kept !== true) giveBack(taken);
      },
    });
  }

  release(resource: ServedResource, removed: CachedObject): Promise<void> {
    if (isService(resource) && this.#loaded)
      for (const { pool, number } of this.#holdings(removed.parse())) pool.release(number);
    return Promise.resolve();
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    for (const service of this.#objects.list('', 'services'))
      for (const { pool, number } of this.#holdings(service)) pool.take(number);
  }

  #allocateAddress(object: JsonObject, before: readonly Holding[], taken: Holding[], found: FieldError[]): void {
    const spec = specOf(object);
    if (spec['type'] === 'ExternalName') {
      delete spec['clusterIP'];
      delete spec['clusterIPs'];
      return;
    }
    const listed = Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'][0] : undefined;
    let address = [spec['clusterIP'], listed].find(isText);
    if (address === undefined) {
      const number = this.#addresses.takeAny();
      if (number === undefined) return void found.push(fieldError.internal('spec.clusterIPs', 'range is full'));
      taken.push({ pool: this.#addresses, number });
      address = formatAddress(number);
    } else if (address !== 'None') {
      const number = parseAddress(address);
      const why = `failed to allocate IP ${address}`;
      if (number === undefined)
        return void found.push(
          fieldError.invalid(
            'spec.clusterIPs',
            [address],
            `${why}: the provided IP is not in the valid range 10.96.0.0/16`,
          ),
        );
      const holding = { pool: this.#addresses, number };
      if (!includes(before, holding)) {
        if (!this.#addresses.take(number))
          return void found.push(
            fieldError.invalid('spec.clusterIPs', [address], `${why}: provided IP is already allocated`),
          );
        taken.push(holding);
      }
    }
    spec['clusterIP'] = address;
    spec['clusterIPs'] = [address];
    spec['ipFamilies'] ??= ['IPv4'];
    spec['ipFamilyPolicy'] ??= 'SingleStack';
  }

  #allocatePorts(object: JsonObject, before: readonly Holding[], taken: Holding[], found: FieldError[]): void {
    const spec = specOf(object);
    const exposed =
      spec['type'] === 'NodePort' ||
      (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);
    portsOf(spec).forEach((port, index) => {
      const pool = this.#poolOf(port);
      if (!exposed || pool === undefined) return;
      const path = `spec.ports[${index}].nodePort`;
      const wanted = port['nodePort'];
      if (typeof wanted !== 'number' || wanted === 0) {
        const number = pool.takeAny();
        if (number === undefined) return void found.push(fieldError.internal(path, 'no free node port is left'));
        taken.push({ pool, number });
        port['nodePort'] = firstPort + number;
        return;
      }
      const holding = { pool, number: wanted - firstPort };
      if (includes(before, holding) || includes(taken, holding)) return;
      if (wanted < firstPort || wanted >= firstPort + ports)
        return void found.push(
          fieldError.invalid(
            path,
            wanted,
            `provided port is not in the valid range. The range of valid ports is ${firstPort}-${firstPort + ports - 1}`,
          ),
        );
      if (!pool.take(holding.number))
        return void found.push(fieldError.invalid(path, wanted, 'provided port is already allocated'));
      taken.push(holding);
    });
  }

  /** Everything that a stored Service has been given. */
  #holdings(service: JsonObject): Holding[] {
    const spec = specOf(service);
    const holdings: Holding[] = [];
    const number = typeof spec['clusterIP'] === 'string' ? parseAddress(spec['clusterIP']) : undefined;
    if (number !== undefined) holdings.push({ pool: this.#addresses, number });
    for (const port of portsOf(spec)) {
      const pool = this.#poolOf(port);
      if (pool !== undefined && typeof port['nodePort'] === 'number' && port['nodePort'] > 0)
        holdings.push({ pool, number: port['nodePort'] - firstPort });
    }
    return holdings;
  }

  #poolOf(port: JsonObject): NumberPool | undefined {
    return this.#ports[typeof port['protocol'] === 'string' ? port['protocol'] : 'TCP'];
  }
}

function includes(holdings: readonly Holding[], { pool, number }: Holding): boolean {
  return holdings.some((holding) => holding.pool === pool && holding.number === number);
}

function isService({ group, plural }: ServedResource): boolean {
  return group === '' && plural === 'services';
}

function portsOf(spec: JsonObject): JsonObject[] {
  return Array.isArray(spec['ports']) ? spec['ports'].filter(isJsonObject) : [];
}

function formatAddress(number: number): string {
  return [...firstAddress, number >> 8, number & 0xff].join('.');
}

function parseAddress(text: string): number | undefined {
  const match = /^10\.96\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const [high, low] = [Number(match?.[1] ?? 256), Number(match?.[2] ?? 256)];
  return high < 256 && low < 256 ? high * 256 + low : undefined;
}

function isText(value: MutableJson | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
