import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { informerErrors } from './informer-errors.js';

describeErrorCodes({ describe, it }, informerErrors, new URL('../../../../docs/errors.md', import.meta.url));

describe('the texts of errors', () => {
  it('name no option that does not exist', () => {
    const source = new URL('../', import.meta.url).pathname;
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.test)\.ts$/.test(name),
    );
    const declared = new Set<string>();
    for (const name of files)
      for (const [, option = ''] of readFileSync(join(source, name), 'utf8').matchAll(/^ +(?:readonly )?(\w+)\??:/gm))
        declared.add(option);
    const texts = readFileSync(new URL('informer-errors.ts', import.meta.url), 'utf8');
    const named = [...texts.matchAll(/\\`(\w+)\\`/g)].map(([, option = '']) => option);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((option) => !declared.has(option))).toEqual([]);
  });
});
