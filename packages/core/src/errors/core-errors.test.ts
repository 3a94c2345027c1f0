import { describe, it } from 'vitest';
import { describeErrorCodes } from '../testing/describe-error-codes.js';
import { coreErrors } from './core-errors.js';

describeErrorCodes({ describe, it }, coreErrors, new URL('../../../../docs/errors.md', import.meta.url));
