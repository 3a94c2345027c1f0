import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { kubewrightErrors } from './kubewright-errors.js';

describeErrorCodes({ describe, it }, kubewrightErrors, new URL('../../../../docs/errors.md', import.meta.url));
