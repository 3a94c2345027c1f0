import { statusErrors } from '../status/status-errors.js';
import type { Json, JsonObject, MutableJson } from '../json/json.js';
import { parsePointer } from './json-pointer.js';
import { deepCopy, deepCopyObject, deepEqual, isArray, isObject, own, setOwn } from '../json/json-value.js';
import type { ReadonlyJsonObject } from '../json/json-value.js';
import { inapplicablePatch } from './inapplicable-patch.js';

/** kube-apiserver's limit on the operations of one JSON patch. */
export const maxJsonPatchOperations = 10_000;

/** kube-apiserver's limit on the bytes that the `copy` operations of one JSON patch add up to: its body limit, 3 MiB. */
export const maxJsonPatchCopiedBytes = 3 * 1024 * 1024;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: Json | undefined;
}

/**
 * Applies a JSON patch (RFC 6902) and returns a new object that shares nothing with `original`; neither argument changes.
 *
 * As in kube-apiserver: an index may be negative and then counts from the end; `remove` needs an existing member and `replace`
 * an existing item, but `replace` of a member that is absent adds it, on which the snapshotter of Kubernetes relies; `test` of
 * an absent member succeeds for null only.
 *
 * @param patch - the parsed body
 * @throws StatusError 400 for a body that is no JSON patch, 413 over a limit, 422 where an operation does not apply.
 */
export function applyJsonPatch(original: ReadonlyJsonObject, patch: Json): JsonObject {
  if (!isArray(patch)) throw statusErrors.badRequest('a JSON patch is an array of operations');
  if (patch.length > maxJsonPatchOperations) {
    throw statusErrors.tooLarge(
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  const operations = patch.map(parseOperation);
  const run = new JsonPatchRun(deepCopyObject(original));
  operations.forEach((operation, index) => run.execute(operation, `patch[${index}]`));
  const { document } = run;
  if (!isObject(document)) throw inapplicablePatch('patch', 'the patched document is not an object');
  return document;
}

function parseOperation(operation: Json, index: number): Operation {
  if (!isObject(operation))
    throw statusErrors.badRequest(`patch[${index}]: an operation is an object with op and path`);
  const text = (key: string, required: boolean): string => {
    const value = own(operation, key);
    if (typeof value === 'string') return value;
    if (value === undefined && !required) return '';
    throw statusErrors.badRequest(`patch[${index}].${key}: ${value === undefined ? 'is missing' : 'must be a string'}`);
  };
  const op = text('op', true);
  return {
    op,
    path: text('path', true),
    from: text('from', op === 'move' || op === 'copy'),
    value: own(operation, 'value'),
  };
}

/** The object or array that holds a location, and the location's name in it. */
interface Location {
  readonly container: MutableJson[] | { [key: string]: MutableJson };
  readonly key: string;
}

class JsonPatchRun {
  document: MutableJson;
  #copiedBytes = 0;

  constructor(document: MutableJson) {
    this.document = document;
  }

  execute({ op, path, from, value }: Operation, where: string): void {
    const fail = (text: string): never => {
      throw inapplicablePatch(where, text);
    };
    const requireValue = (): MutableJson =>
      value === undefined ? fail(`${op} operation has no value`) : deepCopy(value);
    switch (op) {
      case 'add':
        return this.#add(op, path, requireValue(), fail);
      case 'remove':
        this.#remove(op, path, fail);
        return;
      case 'replace':
        return this.#replace(path, requireValue(), fail);
      case 'move': {
        if (path.startsWith(`${from}/`)) fail(`move operation does not apply: ${path} lies inside ${from}`);
        return this.#add(op, path, this.#remove(op, from, fail), fail);
      }
      case 'copy': {
        const copied =
          this.#get(op, from, fail) ??
          fail(`${op} operation does not apply: doc is missing from path: ${from}: missing value`);
        this.#copiedBytes += Buffer.byteLength(JSON.stringify(copied));
        if (this.#copiedBytes > maxJsonPatchCopiedBytes) {
          throw statusErrors.tooLarge(`the copies of a JSON patch may add up to ${maxJsonPatchCopiedBytes} bytes`);
        }
        return this.#add(op, path, deepCopy(copied), fail);
      }
      case 'test':
        if (!deepEqual(this.#get(op, path, fail) ?? null, value ?? null))
          fail(`testing value ${path} failed: test failed`);
        return;
      default:
        fail(`Unexpected kind: ${op}`);
    }
  }

  #add(op: string, path: string, value: MutableJson, fail: Fail): void {
    if (path === '') {
      this.document = value;
      return;
    }
    const { container, key } = this.#locate(op, path, fail);
    if (!Array.isArray(container)) return setOwn(container, key, value);
    const index = key === '-' ? container.length : indexOf(key, container.length + 1);
    if (index === undefined)
      return fail(
        `error in ${op} for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
      );
    container.splice(index, 0, value);
  }

  #remove(op: string, path: string, fail: Fail): MutableJson {
    if (path === '') return fail(`${op} operation does not apply: the whole document cannot be removed`);
    const { container, key } = this.#locate(op, path, fail);
    if (Array.isArray(container)) {
      const index = indexOf(key, container.length);
      if (index === undefined)
        return fail(
          `error in ${op} for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
        );
      return container.splice(index, 1)[0] ?? null;
    }
    const value = own(container, key);
    if (value === undefined)
      return fail(`error in ${op} for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
    return value;
  }

  #replace(path: string, value: MutableJson, fail: Fail): void {
    if (path === '') {
      this.document = value;
      return;
    }
    const { container, key } = this.#locate('replace', path, fail);
    if (!Array.isArray(container)) return setOwn(container, key, value);
    const index = indexOf(key, container.length);
    if (index === undefined)
      return fail(`replace operation does not apply: doc is missing key: ${path}: missing value`);
    container[index] = value;
  }

  #get(op: string, path: string, fail: Fail): MutableJson | undefined {
    if (path === '') return this.document;
    const { container, key } = this.#locate(op, path, fail);
    return member(container, key);
  }

  #locate(op: string, path: string, fail: Fail): Location {
    const missing = (): never => fail(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
    const tokens = parsePointer(path);
    const key = tokens?.pop();
    if (tokens === undefined || key === undefined) return missing();
    let container: MutableJson | undefined = this.document;
    for (const token of tokens) container = member(container, token);
    if (typeof container !== 'object' || container === null) return missing();
    return { container, key };
  }
}

type Fail = (text: string) => never;

function member(container: MutableJson | undefined, key: string): MutableJson | undefined {
  if (typeof container !== 'object' || container === null) return undefined;
  if (!Array.isArray(container)) return own(container, key);
  const index = indexOf(key, container.length);
  return index === undefined ? undefined : container[index];
}

/** The position that a token names among `size`, or undefined. Negative ones count from the end. */
function indexOf(key: string, size: number): number | undefined {
  if (!/^-?(0|[1-9]\d{0,8})$/.test(key)) return undefined;
  const index = Number(key);
  const position = index < 0 ? index + size : index;
  return position >= 0 && position < size ? position : undefined;
}
