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
    const values: unknown = extname(path) === '.json' ? JSON.parse(text) : (await import('yaml')).parse(text);
    return { name: path, values };
  } catch (error) {
    signal?.throwIfAborted();
    throw coreErrors.SETTINGS_FILE({ path, reason: messageOf(error) }, { cause: error });
  }
}
