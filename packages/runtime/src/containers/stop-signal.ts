import { constants } from 'node:os';
import { Signal } from '@kubewright/cri-sdk/v1';

const numbers: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));

/** The C library's first and last real-time signal; it keeps the two before the first for itself. */
const [firstRealTime, lastRealTime] = [34, 64];

/** The signal that ends a container: what the pod says, otherwise what the image says, otherwise TERM. Without `SIG`. */
export function signalName(wanted: Signal, image: string): string {
  if (wanted !== Signal.RUNTIME_DEFAULT) {
    return Signal[wanted].replace(/^SIG/, '').replace('PLUS', '+').replace('MINUS', '-');
  }
  const named = image.toUpperCase().replace(/^SIG/, '');
  return /^(?:[A-Z][A-Z0-9+-]{1,15}|\d{1,2})$/.test(named) ? named : 'TERM';
}

/** The signal as the kernel numbers them, of a name without `SIG` or a number; undefined where there is none. */
export function kernelSignal(name: string): number | undefined {
  const realTime = /^RT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name);
  if (realTime !== null) {
    const [, above = 0, below = 0] = realTime;
    return name.startsWith('RTMIN') ? firstRealTime + Number(above) : lastRealTime - Number(below);
  }
  return /^\d+$/.test(name) ? Number(name) : numbers.get(`SIG${name}`);
}

/** The signal as the interface numbers them. */
export function signalNumber(name: string): Signal {
  const key = `SIG${name.replace('+', 'PLUS').replace('-', 'MINUS')}`;
  const found = Object.entries(Signal).find(([one]) => one === key)?.[1];
  return typeof found === 'number' ? found : Signal.RUNTIME_DEFAULT;
}
