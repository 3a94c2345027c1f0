import { create } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { defineErrors, KubewrightError } from '@kubewright/core';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SpeakerSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import { Code, codeName, metricCode } from './code.js';
import { GrpcStatusError } from './grpc-status-error.js';
import { packDetails, unpackDetails } from './status-details.js';

const errno = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

describe('GrpcStatusError', () => {
  it('is an error of the project that says its code by name', () => {
    const error = new GrpcStatusError(Code.NOT_FOUND, "volume 'a' does not exist");
    expect(error.message).toBe("NOT_FOUND: volume 'a' does not exist (KW_GRPC_STATUS)");
    expect(error.text).toBe("volume 'a' does not exist");
    expect(KubewrightError.is(error) && GrpcStatusError.is(error)).toBe(true);
    expect(GrpcStatusError.is(new Error('no'))).toBe(false);
  });

  it.each([
    ['ENOENT', Code.NOT_FOUND],
    ['EEXIST', Code.ALREADY_EXISTS],
    ['EACCES', Code.PERMISSION_DENIED],
    ['EPERM', Code.PERMISSION_DENIED],
    ['ENOSPC', Code.RESOURCE_EXHAUSTED],
    ['EBUSY', Code.FAILED_PRECONDITION],
    ['EWEIRD', Code.UNKNOWN],
    ['constructor', Code.UNKNOWN],
  ])('maps the errno %s', (code, status) => {
    expect(GrpcStatusError.from(errno(code)).status).toBe(status);
  });

  it('maps what node itself throws', async () => {
    const error: unknown = await readFile('/no/such/file').catch((reason: unknown) => reason);
    expect(GrpcStatusError.from(error)).toMatchObject({ status: Code.NOT_FOUND });
  });

  it('finds the errno in the cause of an error of the project, and keeps that error', () => {
    const errors = defineErrors('TEST', { BROKEN: () => 'the disk is full: make room' });
    const error = errors.BROKEN({}, { cause: errno('ENOSPC') });
    const status = GrpcStatusError.from(error);
    expect(status).toMatchObject({ status: Code.RESOURCE_EXHAUSTED, cause: error });
    expect(status.text).toContain('the disk is full');
  });

  it('takes aborts and timeouts for what they are', () => {
    const timeout = new DOMException('late', 'TimeoutError');
    expect(GrpcStatusError.from(AbortSignal.abort().reason).status).toBe(Code.CANCELLED);
    expect(GrpcStatusError.from(timeout).status).toBe(Code.DEADLINE_EXCEEDED);
  });

  it('ends with a chain of causes that is a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(GrpcStatusError.from(error).status).toBe(Code.UNKNOWN);
  });

  it('takes anything that is thrown', () => {
    for (const value of [undefined, null, 'text', 7, {}]) expect(GrpcStatusError.from(value).status).toBe(Code.UNKNOWN);
  });

  it('drops the lines of a stack, and cuts long texts', () => {
    const error = new Error(`mount failed\n    at Object.run (/srv/plugin.js:10:3)\nexit status 32`);
    expect(GrpcStatusError.from(error).text).toBe('mount failed\nexit status 32');
    expect(GrpcStatusError.from(new Error('x'.repeat(10_000))).text).toHaveLength(2049);
  });

  it('carries details through the trailer, and takes garbage for none', () => {
    const error = new GrpcStatusError(Code.ABORTED, 'busy').withDetail(SpeakerSchema, { name: 'Ada' });
    const [detail] = unpackDetails(packDetails(error.status, error.text, error.statusDetails));
    expect(detail && anyUnpack(detail, SpeakerSchema)).toEqual(create(SpeakerSchema, { name: 'Ada' }));
    expect(unpackDetails(Buffer.from([0xff, 0xff]))).toEqual([]);
  });
});

describe('Code', () => {
  it('names every code, and takes other numbers for UNKNOWN', () => {
    expect(Object.entries(Code).every(([name, code]) => codeName(code) === name)).toBe(true);
    expect(codeName(99)).toBe('UNKNOWN');
  });

  it('has the labels of the Go ecosystem', () => {
    expect([Code.OK, Code.CANCELLED, Code.NOT_FOUND, Code.DEADLINE_EXCEEDED].map(metricCode)).toEqual([
      'OK',
      'Canceled',
      'NotFound',
      'DeadlineExceeded',
    ]);
  });
});
