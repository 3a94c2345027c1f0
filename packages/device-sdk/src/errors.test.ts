import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { deviceErrors } from './errors.js';

describeErrorCodes({ describe, it }, deviceErrors, new URL('../../../docs/errors.md', import.meta.url));
