import type { NetworkList } from '@kubewright/cni-sdk';

/** What a pod's author asks for and sees nothing of where no plugin of the network does it. */
const asked = ['portMappings', 'bandwidth'] as const;

/** The capabilities that a pod needs of a network, none of whose plugins declares them. */
export function unheeded(
  { plugins }: NetworkList,
  capabilities: Readonly<Record<string, object | string>>,
): readonly string[] {
  return asked.filter((name) => {
    const given = capabilities[name] ?? [];
    const isAsked = Array.isArray(given) ? given.length > 0 : true;
    return isAsked && !plugins.some((plugin) => declares(plugin['capabilities'], name));
  });
}

function declares(capabilities: unknown, name: string): boolean {
  return typeof capabilities === 'object' && capabilities !== null && Reflect.get(capabilities, name) === true;
}
