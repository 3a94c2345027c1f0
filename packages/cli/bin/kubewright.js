#!/usr/bin/env node
// The way in, in plain JavaScript: it is there before anything is built, and an older Node can still read it.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`kubewright: Node 24 or newer is needed, and this is ${process.version}: install a newer one\n`);
  process.exitCode = 1;
} else await import('../dist/bin.js');
