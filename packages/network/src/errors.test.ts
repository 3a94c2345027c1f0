import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { networkErrors } from './errors.js';

describeErrorCodes({ describe, it }, networkErrors, new URL('../../../docs/errors.md', import.meta.url));
