import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { controllerErrors } from './controller-errors.js';

describeErrorCodes({ describe, it }, controllerErrors, new URL('../../../../docs/errors.md', import.meta.url));
