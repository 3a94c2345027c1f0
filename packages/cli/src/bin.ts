/** The `kubewright` program. Compiled code is kept between runs, so everything but this is imported after that is set up. */
import { enableCompileCache } from 'node:module';

// In a folder that is the user's alone: Node's own choice is below /tmp, where others could put code for us to run.
const { HOME, NODE_COMPILE_CACHE } = process.env;
const own = process.getuid?.() === 0 ? '/var/cache/kubewright' : HOME && `${HOME}/.cache/kubewright`;
const folder = NODE_COMPILE_CACHE ?? own;
if (folder) enableCompileCache(folder);
const { main } = await import('./program/main.js');
await main(process.argv.slice(2));
