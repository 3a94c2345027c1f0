import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { cniSdkErrors } from './errors.js';

describeErrorCodes({ describe, it }, cniSdkErrors, new URL('../../../docs/errors.md', import.meta.url));
