/** A JSON value as `JSON.parse` returns it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON value that its owner may change. */
export type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

/** A JSON object that its owner may change: what a request body becomes before it is stored. */
export type JsonObject = { [key: string]: MutableJson };
