/** The words of `kubewright runtime`. Neighbours: each file here is the code of one or a few of them, loaded when it runs. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CommandHandler } from '@kubewright/core';
import { extract, pack } from 'tar-stream';
import { asError } from '@kubewright/core';
import { ControlClient } from '../control/control-client.js';
import type { controlOptions, exportOptions } from './options.js';
import { requireWords } from './with-client.js';
import { archiveBytes } from '../tar/archive-bytes.js';

/** What an OCI layout is made of; nothing else is written into a directory. */
const layoutFile = /^(?:oci-layout|index\.json|manifest\.json|blobs\/sha256\/[0-9a-f]{64})$/;

export const importImages: CommandHandler<typeof controlOptions> = async (invocation) => {
  const { options, positionals, io, signal } = invocation;
  const [path] = positionals;
  const source =
    path === undefined ? io.stdin : (await stat(path)).isDirectory() ? packed(path) : createReadStream(path);
  const images = await new ControlClient(options.control, signal).import(source);
  for (const { id, tags } of images) io.stdout.write(`${id} ${tags.join(' ')}\n`);
};

export const exportImages: CommandHandler<typeof exportOptions> = async ({ options, positionals, io, signal }) => {
  const { control, output } = options;
  const archive = await new ControlClient(control, signal).export(requireWords(positionals, 'an image'));
  if (output === undefined) await pipeline(archive, io.stdout, { end: false });
  else if (output.endsWith('/')) await unpack(archive, output);
  else await pipeline(archive, createWriteStream(output));
};

/** A layout in a directory, as an archive. */
function packed(directory: string): Readable {
  const archive = pack();
  const fill = async (): Promise<void> => {
    const names = await readdir(directory, { recursive: true });
    for (const name of names.filter((one) => layoutFile.test(one))) {
      const path = join(directory, name);
      if (name.startsWith('blobs/')) {
        await pipeline(createReadStream(path), archive.entry({ name, size: (await stat(path)).size }));
      } else archive.entry({ name }, await readFile(path));
    }
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(asError(error)));
  return Readable.from(archiveBytes(archive));
}

async function unpack(archive: Readable, directory: string): Promise<void> {
  const entries = extract();
  const feeding = pipeline(archive, entries);
  for await (const entry of entries) {
    const { name } = entry.header;
    if (layoutFile.test(name)) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(archiveBytes(entry), createWriteStream(path));
    } else entry.resume();
  }
  await feeding;
}
