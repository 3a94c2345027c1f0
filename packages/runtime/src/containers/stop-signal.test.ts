import { Signal } from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { kernelSignal, signalName } from './stop-signal.js';

describe('the stop signal', () => {
  it('is what the pod says, otherwise what the image says', () => {
    expect(signalName(Signal.SIGRTMINPLUS3, 'SIGKILL')).toBe('RTMIN+3');
    expect(signalName(Signal.RUNTIME_DEFAULT, 'SIGRTMIN+3')).toBe('RTMIN+3');
    expect(signalName(Signal.RUNTIME_DEFAULT, '37')).toBe('37');
    expect(signalName(Signal.RUNTIME_DEFAULT, 'rm -rf')).toBe('TERM');
  });

  it('has the number that the kernel knows it by', () => {
    const names = ['TERM', '37', 'RTMIN', 'RTMIN+3', 'RTMAX-1', 'RTMAX', 'NONE'];
    expect(names.map((name) => kernelSignal(name))).toEqual([15, 37, 34, 37, 63, 64, undefined]);
  });
});
