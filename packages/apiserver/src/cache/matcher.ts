import type { CachedObject } from './cached-object.js';

/** Which objects of a resource a request is about. */
export interface Matcher {
  /** All keys start with it: the resource, a namespace of it, or one object. */
  readonly prefix: string;
  /** Undefined where everything matches, so that nothing is parsed. */
  readonly selects: ((object: CachedObject) => boolean) | undefined;
}

export function matches(matcher: Matcher, object: CachedObject): boolean {
  return object.key.startsWith(matcher.prefix) && (matcher.selects === undefined || matcher.selects(object));
}
