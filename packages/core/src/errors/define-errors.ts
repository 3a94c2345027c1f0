/**
 * The error factory. Each package declares its errors once, as a table of stable codes; the documentation page
 * `docs/errors.md` lists every code, and a test holds the two together.
 */

const brand = Symbol.for('@kubewright/core/KubewrightError');

/** The base of every error the project throws on purpose. Recognised by `is`, also across two copies of the package. */
export class KubewrightError extends Error {
  /** Stable, documented, never reused: `KW_<PACKAGE>_<WHAT>`. */
  readonly code: string;
  /** What the message was made of, for programs. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly [brand] = true;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(`${message} (${code})`, options);
    this.name = 'KubewrightError';
    this.code = code;
    this.details = details;
  }

  static is(value: unknown): value is KubewrightError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

type Details = Readonly<Record<string, unknown>>;

/** Makes errors of one code and recognises them. */
export interface ErrorKind<D extends Details> {
  readonly code: string;
  /** @param options - `cause`: the error underneath. */
  (details: D, options?: ErrorOptions): KubewrightError;
  is(value: unknown): value is KubewrightError & { readonly details: D };
}

type MessageTable = Readonly<Record<string, (details: never) => string>>;
type ErrorKinds<T extends MessageTable> = {
  readonly [K in keyof T]: ErrorKind<T[K] extends (details: infer D extends Details) => string ? D : Details>;
};

/**
 * Declares a package's errors.
 *
 * ```ts
 * const errors = defineErrors('CORE', {
 *   DUPLICATE_PLUGIN: (d: { name: string }) => `two plugins are named '${d.name}': rename one of them`,
 * });
 * throw errors.DUPLICATE_PLUGIN({ name });   // code KW_CORE_DUPLICATE_PLUGIN
 * ```
 *
 * A message says what was wrong, where, and what to do.
 */
export function defineErrors<const T extends MessageTable>(area: string, messages: T): ErrorKinds<T> {
  const kinds: Record<string, unknown> = {};
  for (const [key, message] of Object.entries(messages)) {
    const code = `KW_${area}_${key}`;
    const text = message as (details: Details) => string;
    kinds[key] = Object.assign(
      (details: Details, options?: ErrorOptions) => new KubewrightError(code, text(details), details, options),
      { code, is: (value: unknown): value is KubewrightError => KubewrightError.is(value) && value.code === code },
    );
  }
  return kinds as ErrorKinds<T>;
}
