/** The `kubewright` program. Compiled code is kept between runs, so everything but this is imported after that is set up. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('./program/main.js');
await main(process.argv.slice(2));
