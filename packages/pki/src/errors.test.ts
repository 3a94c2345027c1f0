import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { pkiErrors } from './errors.js';

describeErrorCodes({ describe, it }, pkiErrors, new URL('../../../docs/errors.md', import.meta.url));
