import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { clusterErrors } from './cluster-errors.js';

describeErrorCodes({ describe, it }, clusterErrors, new URL('../../../../docs/errors.md', import.meta.url));
