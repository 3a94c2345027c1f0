import type { DescService } from '@bufbuild/protobuf';
import { implementedMethods } from '@kubewright/grpc';
import { csiErrors } from '../errors.js';

export interface CapabilityRule<C> {
  readonly capability: C;
  /** By their names in TypeScript. All of them are implemented, or none. */
  readonly methods: readonly string[];
}

export interface FeatureRule<C, F> {
  readonly feature: F;
  readonly capability: C;
  /** A method without which the feature means nothing. */
  readonly needs: string;
}

/** @throws HALF_CAPABILITY, FEATURE_WITHOUT_METHOD */
export function deriveCapabilities<C, F extends string>(
  service: DescService,
  instance: object,
  rules: readonly CapabilityRule<C>[],
  features: readonly FeatureRule<C, F>[] = [],
  claimed: { readonly [K in F]?: boolean } = {},
): readonly C[] {
  const implemented = new Set(implementedMethods(instance, service).map((method) => method.localName));
  const name = instance.constructor.name;
  const derived = rules.flatMap(({ capability, methods }) => {
    const present = methods.filter((method) => implemented.has(method));
    const missing = methods.find((method) => !implemented.has(method));
    if (present[0] !== undefined && missing !== undefined) {
      throw csiErrors.HALF_CAPABILITY({ class: name, method: present[0], missing });
    }
    return missing === undefined ? [capability] : [];
  });
  const said = features.flatMap(({ feature, capability, needs }) => {
    if (claimed[feature] !== true) return [];
    if (!implemented.has(needs)) throw csiErrors.FEATURE_WITHOUT_METHOD({ class: name, feature, method: needs });
    return [capability];
  });
  return [...derived, ...said];
}
