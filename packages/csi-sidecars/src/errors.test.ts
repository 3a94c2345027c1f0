import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { csiSidecarErrors } from './errors.js';

describeErrorCodes({ describe, it }, csiSidecarErrors, new URL('../../../docs/errors.md', import.meta.url));
