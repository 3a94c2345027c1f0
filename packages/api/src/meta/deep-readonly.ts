import type { Json, MutableJson } from '../json/json.js';

/**
 * `T` with every property and element read-only, to any depth: what a cache hands out. Any JSON inside becomes `Json`, and a
 * function keeps its type.
 */
export type DeepReadonly<T> = T extends (...args: never) => unknown
  ? T
  : T extends readonly (infer E)[]
    ? MutableJson extends E
      ? readonly Json[]
      : { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T extends object
      ? string extends keyof T
        ? MutableJson extends T[keyof T]
          ? { readonly [key: string]: Json }
          : { readonly [K in keyof T]: DeepReadonly<T[K]> }
        : { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;
