import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';

/**
 * Reads a settings file: JSON by the ending `.json`, YAML otherwise. The content is not checked here; `loadSettings` does.
 *
 * @throws KW_CORE_SETTINGS_FILE where it cannot be read or is not well formed.
 */
export async function readSettingsFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly name: string; readonly values: unknown }> {
  try {
    const text = await readFile(path, { encoding: 'utf8', ...(signal ? { signal } : {}) });
    if (extname(path) === '.json') return { name: path, values: JSON.parse(text) as unknown };
    const { parse } = await import('yaml');
    return { name: path, values: parse(text) as unknown };
  } catch (error) {
    signal?.throwIfAborted();
    throw coreErrors.SETTINGS_FILE({ path, reason: messageOf(error) }, { cause: error });
  }
}
