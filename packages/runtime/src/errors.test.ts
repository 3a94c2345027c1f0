import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { runtimeErrors } from './errors.js';

describeErrorCodes({ describe, it }, runtimeErrors, new URL('../../../docs/errors.md', import.meta.url));
