import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { criSdkErrors } from './errors.js';

describeErrorCodes({ describe, it }, criSdkErrors, new URL('../../../docs/errors.md', import.meta.url));
