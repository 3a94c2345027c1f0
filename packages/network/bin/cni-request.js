#!/usr/bin/env node
// What a shim starts while its daemon is away. Plain JavaScript: its path is known before anything is built. Compiled code is kept
// between runs, so everything but this is imported after that is set up.
import { enableCompileCache } from 'node:module';

// In a folder that is root's alone: Node's own choice is below /tmp, where others could put code for us to run.
if (process.getuid?.() === 0) enableCompileCache('/var/cache/kubewright');
const { serveRequest } = await import('../dist/commands/serve-request.js');
await serveRequest(process.argv.slice(2));
