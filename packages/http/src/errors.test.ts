import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { httpErrors } from './errors.js';

describeErrorCodes({ describe, it }, httpErrors, new URL('../../../docs/errors.md', import.meta.url));
