import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { csiErrors } from './errors.js';

describeErrorCodes({ describe, it }, csiErrors, new URL('../../../docs/errors.md', import.meta.url));
