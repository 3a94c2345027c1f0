#!/usr/bin/env node
// What a shim starts while its daemon is away. Plain JavaScript: its path is known before anything is built. Compiled code is kept
// between runs, so everything but this is imported after that is set up.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { serveRequest } = await import('../dist/commands/serve-request.js');
await serveRequest(process.argv.slice(2));
