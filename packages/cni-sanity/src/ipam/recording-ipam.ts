/**
 * An address manager for the plugins under test: it writes down each call, gives out addresses of one network, and fails when
 * it is told to. It is a shell script, so that any plugin can start it, and keeps all it knows as files of one directory.
 */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CniJson } from '@kubewright/cni-sdk';
import { isObject } from '../call/reply.js';

export interface IpamCall {
  readonly verb: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  /** What it was given on stdin; undefined where that was no JSON object. */
  readonly config: CniJson | undefined;
}

/** Every address that it gives out lies in this network. */
export const ipamNetwork = '10.213.7.0/24';
const gatewayHost = 1;
/** What `ipam` has where a second network is asked for, with addresses of its own. */
const secondMark = 'sanity-second-network';

export class RecordingIpam {
  static readonly type = 'sanity-ipam';
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** What stands under `ipam` for a network that shares no address with the first. */
  static second(): CniJson {
    return { type: RecordingIpam.type, [secondMark]: true };
  }

  /** Puts the executable into `binDirectory` and its files into `directory`, which it makes. */
  static async install(binDirectory: string, directory: string): Promise<RecordingIpam> {
    await mkdir(binDirectory, { recursive: true });
    for (const part of ['calls', 'leases', 'fail']) await mkdir(join(directory, part), { recursive: true });
    const path = join(binDirectory, RecordingIpam.type);
    await writeFile(path, program(directory));
    await chmod(path, 0o755);
    return new RecordingIpam(directory);
  }

  /** Makes a verb fail with an error of this code from now on; ADD keeps the address all the same. */
  async failOn(verb: string, code: number): Promise<void> {
    await writeFile(join(this.#directory, 'fail', verb), String(code));
  }

  /** Makes ADD answer without routes from now on. */
  async giveNoRoutes(): Promise<void> {
    await writeFile(join(this.#directory, 'no-routes'), '');
  }

  /** What it was asked, in that order. */
  async calls(verb?: string): Promise<IpamCall[]> {
    const directory = join(this.#directory, 'calls');
    const names = (await readdir(directory)).filter((name) => /^\d+$/.test(name));
    const calls = await Promise.all(
      names
        .toSorted((left, right) => Number(left) - Number(right))
        .map(async (name) => {
          const [called = '', containerId = '', ifName = '', netns = ''] = (
            await readFile(join(directory, name), 'utf8')
          ).split('\n');
          return {
            verb: called,
            containerId,
            ifName,
            netns,
            config: parse(await readFile(join(directory, `${name}.stdin`), 'utf8').catch(() => '')),
          };
        }),
    );
    return verb === undefined ? calls : calls.filter((call) => call.verb === verb);
  }

  /** Who holds an address, as `containerId/ifName`. */
  async leases(): Promise<string[]> {
    const directory = join(this.#directory, 'leases');
    const names = await readdir(directory);
    return Promise.all(names.map(async (name) => (await readFile(join(directory, name, 'owner'), 'utf8')).trim()));
  }
}

function parse(text: string): CniJson | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Making a directory succeeds for one process only, which makes numbers and addresses unique without a lock. */
function program(directory: string): string {
  return `#!/bin/sh
dir='${directory.replaceAll("'", `'\\''`)}'
if [ "$CNI_COMMAND" = VERSION ]; then
  echo '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
  exit 0
fi
n=1
while ! mkdir "$dir/calls/$n.taken" 2>/dev/null; do n=$((n + 1)); done
cat > "$dir/calls/$n.stdin"
printf '%s\\n%s\\n%s\\n%s\\n' "$CNI_COMMAND" "$CNI_CONTAINERID" "$CNI_IFNAME" "$CNI_NETNS" > "$dir/calls/$n"
version=$(tr -d '\\n' < "$dir/calls/$n.stdin" | sed -n 's/.*"cniVersion" *: *"\\([0-9.]*\\)".*/\\1/p')
[ -n "$version" ] || version=0.1.0
owner="$CNI_CONTAINERID/$CNI_IFNAME"
if [ "$CNI_COMMAND" = ADD ]; then
  ip=2
  while ! mkdir "$dir/leases/$ip" 2>/dev/null; do ip=$((ip + 1)); done
  echo "$owner" > "$dir/leases/$ip/owner"
elif [ "$CNI_COMMAND" = DEL ]; then
  for lease in "$dir"/leases/*; do
    if [ "$(cat "$lease/owner" 2>/dev/null)" = "$owner" ]; then rm -rf "$lease"; fi
  done
fi
if [ -e "$dir/fail/$CNI_COMMAND" ]; then
  echo '{"cniVersion":"'"$version"'","code":'"$(cat "$dir/fail/$CNI_COMMAND")"',"msg":"told to fail"}'
  exit 1
fi
[ "$CNI_COMMAND" = ADD ] || exit 0
net=10.213.7
if grep -q ${secondMark} "$dir/calls/$n.stdin"; then net=10.213.9; fi
address="$net.$ip/24"
gateway="$net.${gatewayHost}"
routes=',"routes":[{"dst":"0.0.0.0/0"}]'
[ ! -e "$dir/no-routes" ] || routes=
case "$version" in
0.1.0 | 0.2.0)
  echo '{"cniVersion":"'"$version"'","ip4":{"ip":"'"$address"'","gateway":"'"$gateway"'"'"$routes"'}}' ;;
0.*)
  echo '{"cniVersion":"'"$version"'","ips":[{"version":"4","address":"'"$address"'","gateway":"'"$gateway"'"}]'"$routes"'}' ;;
*)
  echo '{"cniVersion":"'"$version"'","ips":[{"address":"'"$address"'","gateway":"'"$gateway"'"}]'"$routes"'}' ;;
esac
`;
}
