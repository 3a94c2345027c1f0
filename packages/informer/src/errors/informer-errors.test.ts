import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { informerErrors } from './informer-errors.js';

describeErrorCodes({ describe, it }, informerErrors, new URL('../../../../docs/errors.md', import.meta.url));
