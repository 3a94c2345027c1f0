/**
 * The runtime as a program: `killed-daemon.js HOME`. It says `ready` when it serves. A line on its input names a point; it
 * kills itself the way the kernel would when it passes that point the next time. The line `collect` makes it free the memory
 * that nothing needs, and say how many bytes are in use then.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

enableCompileCache();
await import('./serve-until-killed.js');
// What is killed does not come to that at its end.
flushCompileCache();
