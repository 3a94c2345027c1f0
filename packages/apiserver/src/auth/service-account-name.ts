import { checkDns1123Label, checkDns1123Subdomain } from '@kubewright/api';

const prefix = 'system:serviceaccount:';

/** The service account that a user's name stands for; undefined for every name that no service account can have. */
export function serviceAccountOf(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(prefix)) return undefined;
  const [namespace = '', name = '', ...more] = userName.slice(prefix.length).split(':');
  const problems = [...more, ...checkDns1123Label(namespace), ...checkDns1123Subdomain(name)];
  return problems.length === 0 ? { namespace, name } : undefined;
}
