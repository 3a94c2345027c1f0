import { Signal } from '@kubewright/cri-sdk/v1';

/** The signal that ends a container: what the pod says, otherwise what the image says, otherwise TERM. Without `SIG`. */
export function signalName(wanted: Signal, image: string): string {
  if (wanted !== Signal.RUNTIME_DEFAULT) {
    return Signal[wanted].replace(/^SIG/, '').replace('PLUS', '+').replace('MINUS', '-');
  }
  const named = image.toUpperCase().replace(/^SIG/, '');
  return /^(?:[A-Z][A-Z0-9+-]{1,15}|\d{1,2})$/.test(named) ? named : 'TERM';
}

/** The signal as the interface numbers them. */
export function signalNumber(name: string): Signal {
  const key = `SIG${name.replace('+', 'PLUS').replace('-', 'MINUS')}`;
  const found = Object.entries(Signal).find(([one]) => one === key)?.[1];
  return typeof found === 'number' ? found : Signal.RUNTIME_DEFAULT;
}
