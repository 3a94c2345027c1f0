import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { cliErrors } from './errors.js';

describeErrorCodes({ describe, it }, cliErrors, new URL('../../../docs/errors.md', import.meta.url));
