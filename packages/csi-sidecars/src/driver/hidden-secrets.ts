import { GrpcStatusError } from '@kubewright/grpc';

/** What is shorter is no secret, and would be found everywhere. */
const shortest = 4;
const shown = '[redacted]';

/**
 * A client of a service whose errors do not repeat the secrets that a call was made with: a driver's text ends up in Events and in
 * status, which more people read than the secrets.
 */
export function withHiddenSecrets<T extends object>(service: T): T {
  return new Proxy(service, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: readonly unknown[]): unknown => {
        const result: unknown = Reflect.apply(method, target, args);
        return result instanceof Promise ? result.catch(hiding(args[0])) : result;
      };
    },
  });
}

function hiding(request: unknown): (error: unknown) => never {
  const values = secretsOf(request).filter((value) => value.length >= shortest);
  return (error) => {
    if (!GrpcStatusError.is(error)) throw error;
    // The longest first, as one may be a part of another.
    const sorted = values.toSorted((a, b) => b.length - a.length);
    const text = sorted.reduce((rest, value) => rest.replaceAll(value, shown), error.text);
    throw text === error.text ? error : new GrpcStatusError(error.status, text);
  };
}

function secretsOf(request: unknown): string[] {
  if (typeof request !== 'object' || request === null || !('secrets' in request)) return [];
  const { secrets } = request;
  if (typeof secrets !== 'object' || secrets === null) return [];
  return Object.values(secrets).filter((value): value is string => typeof value === 'string');
}
