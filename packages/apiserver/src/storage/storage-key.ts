import { errors } from '../errors.js';

/** Refuses keys that storages would order differently: bytes and UTF-16 agree on printable ASCII only. */
export function checkKey(key: string): void {
  if (!/^\/[\x20-\x7e]*$/.test(key)) throw errors.BAD_KEY({ key });
}
