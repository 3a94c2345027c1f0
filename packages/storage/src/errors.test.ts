import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { storageErrors } from './errors.js';

describeErrorCodes({ describe, it }, storageErrors, new URL('../../../docs/errors.md', import.meta.url));
