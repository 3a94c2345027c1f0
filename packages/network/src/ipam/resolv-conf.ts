import type { CniDns } from '@kubewright/cni-sdk';

/** Reads what a resolver's configuration (resolv.conf(5)) says; lines of other kinds are left out. */
export function parseResolvConf(text: string): CniDns {
  const nameservers: string[] = [];
  const options: string[] = [];
  let search: string[] = [];
  let domain: string | undefined;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver') nameservers.push(...values.slice(0, 1));
    else if (keyword === 'domain') domain = values[0] ?? domain;
    else if (keyword === 'search') search = [...search, ...values];
    else if (keyword === 'options') options.push(...values);
  }
  return {
    ...(nameservers.length === 0 ? {} : { nameservers }),
    ...(domain === undefined ? {} : { domain }),
    ...(search.length === 0 ? {} : { search }),
    ...(options.length === 0 ? {} : { options }),
  };
}
