import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { controllersErrors } from './controllers-errors.js';

describeErrorCodes({ describe, it }, controllersErrors, new URL('../../../../docs/errors.md', import.meta.url));
