import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { errors } from './errors.js';

describeErrorCodes({ describe, it }, errors, new URL('../../../docs/errors.md', import.meta.url));
