import { defineSettings } from '@kubewright/core';

/** What every command understands. */
export const commonOptions = defineSettings({
  verbose: { type: 'boolean', default: false, description: 'show stack traces of errors' },
});
