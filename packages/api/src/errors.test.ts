import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { apiErrors } from './errors.js';

describeErrorCodes({ describe, it }, apiErrors, new URL('../../../docs/errors.md', import.meta.url));
