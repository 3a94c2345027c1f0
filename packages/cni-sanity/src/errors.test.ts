import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { sanityErrors } from './errors.js';

describeErrorCodes({ describe, it }, sanityErrors, new URL('../../../docs/errors.md', import.meta.url));
