import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { linuxErrors } from './errors.js';

describeErrorCodes({ describe, it }, linuxErrors, new URL('../../../docs/errors.md', import.meta.url));
