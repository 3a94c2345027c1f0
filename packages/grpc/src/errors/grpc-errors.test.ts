import { describeErrorCodes } from '@kubewright/core/testing';
import { describe, it } from 'vitest';
import { grpcErrors } from './grpc-errors.js';

describeErrorCodes({ describe, it }, grpcErrors, new URL('../../../../docs/errors.md', import.meta.url));
